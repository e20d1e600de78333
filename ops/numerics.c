#include "numerics.h"

#include "attrs.h"
#include "op.h"
#include "vectorise.h"

void nt_numerics_describe(int conv, nt_text *text) {
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    nt_text_printf(text, "conv %s, float32; revision %d, %s, %s", nt_conv2d_algorithms[conv],
                   NT_NUMERICS_REVISION, library, nt_vectors_names[nt_vectors_fused()]);
}
