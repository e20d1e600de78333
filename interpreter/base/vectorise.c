#include "vectorise.h"

static bool forbidden;

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
