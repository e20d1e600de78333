/* Runs what bilinear_plan.h has planned. */
#ifndef NT_BILINEAR_PRODUCT_H
#define NT_BILINEAR_PRODUCT_H

#include "bilinear_kernel.h"
#include "bilinear_plan.h"

/* What is multiplied by: a transformed kernel, or, in a plan that is streamed, what to transform.
 */
typedef struct nt_bilinear_right {
    const float *kernel;
    nt_bilinear_kernel source;
} nt_bilinear_right;

/* result = end(…). `tiles` has nt_bilinear_plan_tiles(plan, plan->round_point) floats, a worker
 * nt_bilinear_product_bytes. */
void nt_bilinear_product(const nt_bilinear_plan *plan, const float *maps,
                         const nt_bilinear_right *right, const nt_conv_end *end, float *result,
                         float *tiles, const nt_conv_memory *memory);
size_t nt_bilinear_product_bytes(const nt_bilinear_plan *plan);

#endif
