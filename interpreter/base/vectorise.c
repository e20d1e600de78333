#include "vectorise.h"

static bool forbidden;
static nt_vectors limit = NT_VECTORS_AVX512;

bool nt_vectors_wide(void) {
#if defined __x86_64__
    return !forbidden && __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

void nt_vectors_allow_wide(bool allowed) {
    forbidden = !allowed;
}

nt_vectors nt_vectors_fused(void) {
    nt_vectors most = NT_VECTORS_PLAIN;
#if defined __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        most = __builtin_cpu_supports("avx512f") ? NT_VECTORS_AVX512 : NT_VECTORS_AVX2;
#endif
    return most < limit ? most : limit;
}

void nt_vectors_limit(nt_vectors most) {
    limit = most;
}
