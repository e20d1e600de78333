/* Numbers that will soon be needed, prefetched into the second-level cache beside other work. */
#ifndef NT_PREFETCH_H
#define NT_PREFETCH_H

#include <stdint.h>

enum {
    NT_PREFETCH_LINE = 16, /* floats that the processor fetches at a time */
    NT_SECOND_LEVEL = 2    /* for __builtin_prefetch: into the second-level cache, not the first */
};

static inline void nt_prefetch_to_read(const float *from, int64_t count) {
    for (int64_t i = 0; i < count; i += NT_PREFETCH_LINE)
        __builtin_prefetch(from + i, 0, NT_SECOND_LEVEL);
}

static inline void nt_prefetch_to_write(const float *to, int64_t count) {
    for (int64_t i = 0; i < count; i += NT_PREFETCH_LINE)
        __builtin_prefetch(to + i, 1, NT_SECOND_LEVEL);
}

#endif
