/* Philox 4x32-10, as nt_philox has it, for sixteen counters at a time: the same operations on each,
 * which compilers turn into vectors. A group of 64 places takes sixteen blocks of four words, first
 * word 0 of each block, then word 1, and so on:
 *
 *     place 64 g + 16 w + b  takes word w of the block with counter 16 g + b */
#include "dropout_factors.h"

#include "hash.h"
#include "vectorise.h"
#include <string.h>

enum { BLOCKS = NT_FACTOR_GROUP / 4 };

/* Which words become zeros, and what the others do. */
typedef struct rule {
    uint64_t draw, stream;
    uint32_t limit; /* words below it are zeros */
    float keep;
} rule;

typedef struct block {
    uint32_t c0, c1, c2, c3;
} block;

NT_INLINE block mix(block b, uint32_t k0, uint32_t k1) {
    uint64_t p0 = (uint64_t)b.c0 * 0xD2511F53u, p1 = (uint64_t)b.c2 * 0xCD9E8D57u;
    return (block){(uint32_t)(p1 >> 32) ^ b.c1 ^ k0, (uint32_t)p1, (uint32_t)(p0 >> 32) ^ b.c3 ^ k1,
                   (uint32_t)p0};
}

/* The rounds one by one: a loop over them would be the one that is made into vectors. */
NT_INLINE block mix_ten_times(block b, uint32_t k0, uint32_t k1) {
    const uint32_t step0 = 0x9E3779B9u, step1 = 0xBB67AE85u;
    b = mix(b, k0, k1);
    b = mix(b, k0 + step0, k1 + step1);
    b = mix(b, k0 + 2 * step0, k1 + 2 * step1);
    b = mix(b, k0 + 3 * step0, k1 + 3 * step1);
    b = mix(b, k0 + 4 * step0, k1 + 4 * step1);
    b = mix(b, k0 + 5 * step0, k1 + 5 * step1);
    b = mix(b, k0 + 6 * step0, k1 + 6 * step1);
    b = mix(b, k0 + 7 * step0, k1 + 7 * step1);
    b = mix(b, k0 + 8 * step0, k1 + 8 * step1);
    return mix(b, k0 + 9 * step0, k1 + 9 * step1);
}

NT_VECTORISED(fill_groups, (const rule *r, uint64_t group, int64_t groups, float *restrict ret),
              (r, group, groups, ret)) {
    const uint32_t limit = r->limit;
    const float keep = r->keep;
    for (int64_t g = 0; g < groups; g++, ret += NT_FACTOR_GROUP) {
        uint64_t counter = (group + (uint64_t)g) * BLOCKS; /* its low half can't overflow below */
        for (uint32_t i = 0; i < BLOCKS; i++) {
            block b = {(uint32_t)counter + i, (uint32_t)(counter >> 32), (uint32_t)r->stream,
                       (uint32_t)(r->stream >> 32)};
            b = mix_ten_times(b, (uint32_t)r->draw, (uint32_t)(r->draw >> 32));
            ret[i] = b.c0 < limit ? 0 : keep;
            ret[i + BLOCKS] = b.c1 < limit ? 0 : keep;
            ret[i + 2 * BLOCKS] = b.c2 < limit ? 0 : keep;
            ret[i + 3 * BLOCKS] = b.c3 < limit ? 0 : keep;
        }
    }
}

void nt_dropout_factors(const nt_dropout_attrs *attrs, uint64_t draw, int64_t from, int64_t count,
                        float *ret) {
    double limit = attrs->probability * 0x1p32;
    const rule r = {.draw = draw,
                    .stream = nt_hash_string(0, attrs->path ? attrs->path : ""),
                    .limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX,
                    .keep = attrs->probability < 1 ? (float)(1 / (1 - attrs->probability)) : 0};
    while (count > 0) {
        int64_t skipped = from % NT_FACTOR_GROUP, groups = count / NT_FACTOR_GROUP, done;
        if (skipped == 0 && groups > 0) {
            fill_groups(&r, (uint64_t)(from / NT_FACTOR_GROUP), groups, ret);
            done = groups * NT_FACTOR_GROUP;
        } else {
            float group[NT_FACTOR_GROUP];
            fill_groups(&r, (uint64_t)(from / NT_FACTOR_GROUP), 1, group);
            done = NT_FACTOR_GROUP - skipped < count ? NT_FACTOR_GROUP - skipped : count;
            memcpy(ret, group + skipped, (size_t)done * sizeof *ret);
        }
        ret += done;
        from += done;
        count -= done;
    }
}
