/* Which schemes there are (winograd.h). The maps of each are compiled once for each set of vector
 * instructions (winograd_lines.h); the widest that the processor's features allow is taken. */
#include "winograd.h"

#include "vectorise.h"
#include "winograd_lines.h"

const nt_winograd *nt_winograd_with(nt_winograd_name name, int set) {
    const nt_winograd *const sets[] = {
        [NT_VECTORS_PLAIN] = nt_winograd_lines_plain,
#if defined __x86_64__
        [NT_VECTORS_AVX2] = nt_winograd_lines_avx2,
        [NT_VECTORS_AVX512] = nt_winograd_lines_avx512,
#endif
    };
    return set <= (int)nt_vectors_fused() ? &sets[set][name] : NULL;
}

const nt_winograd *nt_winograd_find(nt_winograd_name name) {
    int set = 0;
    while (nt_winograd_with(name, set + 1))
        set++;
    return nt_winograd_with(name, set);
}

int nt_winograd_kernel_point(const nt_winograd *scheme, int point) {
    int i = point / scheme->points[1], j = point % scheme->points[1];
    int last_i = scheme->kernel_points[0] - 1, last_j = scheme->kernel_points[1] - 1;
    return (i < last_i ? i : last_i) * scheme->kernel_points[1] + (j < last_j ? j : last_j);
}
