/* What was chosen when the program was built: its version, and the optional parts, each with the
 * Meson option that builds it. It says where a result came from; no identity and no comparison of
 * results goes by it. */
#ifndef NT_BUILD_INFO_H
#define NT_BUILD_INFO_H

#include "diagnostic.h"
#include <stdbool.h>

extern const char nt_build_version[];  /* "0.2.0" */
extern const char nt_build_type[];     /* Meson's: "release" */
extern const char nt_build_compiler[]; /* "gcc 12.2.0" */
extern const char nt_build_flags[];    /* that were added to the project's own */
extern const char nt_build_commit[];   /* of the sources, with a "+" behind it if they were changed
                                        * since, or "unknown" */
extern const char nt_build_share[]; /* share/nontrivial once installed, as seen from the program */

/* Beside a program that isn't installed: a file with the path of the sources, in one line. */
#define NT_BUILD_SOURCE_NOTE "nontrivial.source"

/* Appends all of it in one line: "nontrivial 0.2.0, commit …, gcc 12.2.0, release". */
void nt_build_describe(nt_text *text);

typedef struct nt_feature {
    const char *name;    /* the option's: -Dname=enabled */
    const char *gives;   /* what there is with it */
    const char *package; /* Debian's, that it is built with; NULL: none */
    bool built;
} nt_feature;

extern const nt_feature nt_feature_tests, nt_feature_plots, nt_feature_matio, nt_feature_seccomp,
    nt_feature_nifti, nt_feature_curl, nt_feature_onnx, nt_feature_mpi;
extern const nt_feature *const nt_features[]; /* all of them; NULL-terminated */

/* How to get a feature that was not built, as the hint of the newest error. */
void nt_feature_hint(const nt_feature *feature, nt_error *error);

#endif
