#include "build_info.h"

#include "build_info_values.h"
#include <stddef.h>

const char nt_build_version[] = NT_VERSION;
const char nt_build_type[] = NT_BUILD_TYPE;
const char nt_build_compiler[] = NT_BUILD_COMPILER;
const char nt_build_flags[] = NT_BUILD_FLAGS;
const char nt_build_share[] = NT_BUILD_SHARE;
const char nt_build_commit[] = NT_BUILD_COMMIT;

void nt_build_describe(nt_text *text) {
    nt_text_printf(text, "nontrivial %s, commit %s, %s, %s%s%s", nt_build_version, nt_build_commit,
                   nt_build_compiler, nt_build_type, *nt_build_flags ? " " : "", nt_build_flags);
}

const nt_feature nt_feature_tests = {"tests", "the tests", "libcmocka-dev", NT_BUILD_TESTS};
const nt_feature nt_feature_plots = {"plots", "figures in reports", NULL, NT_BUILD_PLOTS};
const nt_feature nt_feature_matio = {"matio", "the data set kind t1", "libmatio-dev",
                                     NT_BUILD_MATIO};
const nt_feature nt_feature_seccomp = {"seccomp", "system calls kept from decoders of MATLAB files",
                                       "libseccomp-dev", NT_BUILD_SECCOMP};
const nt_feature nt_feature_nifti = {"nifti", "the data set kind nifti", "libnifti-dev",
                                     NT_BUILD_NIFTI};
const nt_feature nt_feature_curl = {"curl", "data fetch over http and https",
                                    "libcurl4-openssl-dev", NT_BUILD_CURL};
const nt_feature nt_feature_onnx = {
    "onnx", "export --onnx", "libprotobuf-c-dev protobuf-c-compiler libonnx-dev", NT_BUILD_ONNX};
const nt_feature nt_feature_mpi = {"mpi", "runs on several machines", "libopenmpi-dev openmpi-bin",
                                   NT_BUILD_MPI};

const nt_feature *const nt_features[] = {&nt_feature_tests,   &nt_feature_plots, &nt_feature_matio,
                                         &nt_feature_seccomp, &nt_feature_nifti, &nt_feature_curl,
                                         &nt_feature_onnx,    &nt_feature_mpi,   NULL};

void nt_feature_hint(const nt_feature *feature, nt_error *error) {
    nt_error_hint(error, "build with -D%s=enabled%s%s", feature->name,
                  feature->package ? ", after apt-get install " : "",
                  feature->package ? feature->package : "");
}
