/* Numerics: how a result was computed, as far as its bits depend on it. What was computed is said
 * elsewhere (graph/describe.h, train/identity.h); two results of one identity but of other numerics
 * differ by rounding. */
#ifndef NT_NUMERICS_H
#define NT_NUMERICS_H

#include "text.h"

/* Raised whenever the bits of evaluation or of training change on some processor: another order of
 * a sum, another algorithm for a shape, another draw. tests/golden/test_numerics.c notices. */
enum { NT_NUMERICS_REVISION = 4 };

/* Appends all of it as one line, without its end, to be compared as a whole:
 *
 *     conv fastest, float32; revision 2, fused, wide
 *
 * `fused`: matrix products take one fused multiply-add for each term, in order, as all kernels of
 * our own do; of BLIS's the version and name are said instead. `wide`: so do the kernels for AVX2
 * and AVX-512 alike, and else `plain`. What two processors compute under one such line is equal.
 *
 * `conv` is an nt_conv2d_attrs.algorithm. What is before the semicolon was asked for, the rest is
 * the program's and the machine's. */
void nt_numerics_describe(int conv, nt_text *text);

#endif
