/* In place of all else here where there is no protobuf-c or no description of ONNX's messages. */
#include "build_info.h"
#include "onnx_export.h"

nt_status nt_onnx_ready(nt_error *error) {
    nt_error_say(error, NT_USAGE, "this build cannot write ONNX");
    nt_feature_hint(&nt_feature_onnx, error);
    return NT_USAGE;
}

nt_status nt_onnx_export(const nt_weights *weights, bool fold, const char *path, nt_error *error) {
    (void)weights, (void)fold, (void)path;
    return nt_onnx_ready(error);
}
