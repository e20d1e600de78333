/* Sums that several jobs made parts of: the parts are added in order, so that the sum does not
 * depend on who finished first. */
#ifndef NT_ORDERED_SUM_H
#define NT_ORDERED_SUM_H

#include <stdint.h>

/* ret_sum[i] = parts[0][i] + parts[1][i] + …, for `count` numbers in each. */
void nt_ordered_sum(const float *parts, int64_t part_count, int64_t count, float *ret_sum);

#endif
