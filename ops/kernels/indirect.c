/* Which of the sets of indirect_rows.c runs (indirect.h). */
#include "indirect.h"

#include "indirect_rows.h"
#include "vectorise.h"
#include <stddef.h>

nt_indirect_function *nt_indirect_find(void) {
    switch (nt_vectors_fused()) {
#if defined __x86_64__
    case NT_VECTORS_AVX512:
        return nt_indirect_rows_avx512;
    case NT_VECTORS_AVX2:
        return nt_indirect_rows_avx2;
#endif
    default:
        return NULL;
    }
}
