/* Runs what winograd_plan.h has planned. */
#ifndef NT_WINOGRAD_PRODUCT_H
#define NT_WINOGRAD_PRODUCT_H

#include "winograd_kernel.h"
#include "winograd_plan.h"

/* What is multiplied by: a transformed kernel, or, in a plan that is streamed, what to transform.
 */
typedef struct nt_winograd_right {
    const float *kernel;
    nt_winograd_kernel source;
} nt_winograd_right;

/* result = epilogue(…). `tiles` has nt_winograd_plan_tiles(plan, plan->round_point) floats, a
 * worker nt_winograd_product_bytes. */
void nt_winograd_product(const nt_winograd_plan *plan, const float *maps,
                         const nt_winograd_right *right, const nt_epilogue *epilogue, float *result,
                         float *tiles, const nt_conv_memory *memory);
size_t nt_winograd_product_bytes(const nt_winograd_plan *plan);

#endif
