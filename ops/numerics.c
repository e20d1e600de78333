#include "numerics.h"

#include "attrs.h"
#include "gemm.h"
#include "vectorise.h"

void nt_numerics_describe(int conv, nt_text *text) {
    char sums[NT_LIBRARY_TEXT];
    nt_vectors vectors = nt_vectors_fused();
    nt_gemm_numerics(sums);
    nt_text_printf(text, "conv %s, float32; revision %d, %s, %s", nt_conv2d_algorithms[conv],
                   NT_NUMERICS_REVISION, sums, vectors < NT_VECTORS_AVX2 ? "plain" : "wide");
}
