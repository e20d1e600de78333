/* What dropout multiplies by: 0 with a probability, else 1 / (1 - probability). The factors of a
 * step are one long sequence for each path, a function of the step's draw, the path and the place
 * in the sequence, so that any thread can find any part of it, and the gradient finds the same. */
#ifndef NT_DROPOUT_FACTORS_H
#define NT_DROPOUT_FACTORS_H

#include "attrs.h"

/* Writes places [from, from + count); fastest where both are multiples of NT_FACTOR_GROUP. */
enum { NT_FACTOR_GROUP = 64 };
void nt_dropout_factors(const nt_dropout_attrs *attrs, uint64_t draw, int64_t from, int64_t count,
                        float *ret);

#endif
