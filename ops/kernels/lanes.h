/* Eight floats side by side, for the loops of NT_VECTORISED functions that compilers don't find by
 * themselves. Where the processor's vectors hold four, the compiler makes two of each. Vectors are
 * not to be passed to functions, whose conventions for them differ. */
#ifndef NT_LANES_H
#define NT_LANES_H

#include <stdint.h>

enum { NT_LANES = 8 };

typedef float nt_lanes __attribute__((vector_size(32)));
typedef int32_t nt_lane_bits __attribute__((vector_size(32))); /* of what comparisons give */

/* As they lie in memory: anywhere. */
typedef float nt_lanes_there __attribute__((vector_size(32), aligned(4), may_alias));
#define NT_LANES_LOAD(from) (*(const nt_lanes_there *)(from))
#define NT_LANES_STORE(to, lanes) (*(nt_lanes_there *)(to) = (lanes))

#endif
