/* Philox 4x32-10, as nt_philox has it, for many counters at a time. A group of 64 places takes
 * sixteen blocks of four words, first word 0 of each block, then word 1, and so on:
 *
 *     place 64 g + 16 w + b  takes word w of the block with counter 16 g + b
 *
 * Compilers don't see how little AVX2 needs for it: its product of 32-bit words with results of 64
 * bits reads every second word and doesn't care what lies between. So a block's words stay in the
 * low halves of 64-bit lanes, four blocks in a vector, with anything in the high halves; nothing is
 * moved about until the end. */
#include "dropout_factors.h"

#include "hash.h"
#include "random.h"
#include "vectorise.h"
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

enum { BLOCKS = NT_FACTOR_GROUP / 4 };

/* Which words become zeros, and what the others do. */
typedef struct rule {
    uint64_t draw, stream;
    uint32_t limit; /* words below it are zeros */
    float keep;
} rule;

static void fill_groups_plain(const rule *r, uint64_t group, int64_t groups, float *ret) {
    for (int64_t g = 0; g < groups; g++)
        for (uint64_t b = 0; b < BLOCKS; b++) {
            uint32_t words[4];
            nt_philox(r->draw, r->stream, (group + (uint64_t)g) * BLOCKS + b, words);
            for (int w = 0; w < 4; w++)
                ret[g * NT_FACTOR_GROUP + w * BLOCKS + (int64_t)b] =
                    words[w] < r->limit ? 0 : r->keep;
        }
}

#if defined __x86_64__
#define AVX2 __attribute__((target("avx2")))

enum { ROUNDS = 10 };

typedef struct lanes { /* word i of four blocks */
    __m256i c0, c1, c2, c3;
} lanes;

/* A rule in all lanes: the keys of the rounds; 32-bit lanes of what follows them. */
typedef struct wide_rule {
    __m256i k0[ROUNDS], k1[ROUNDS];
    __m256i limit, keep;
} wide_rule;

AVX2 static inline __m256i in_all(uint32_t word) {
    return _mm256_set1_epi64x((int64_t)(uint64_t)word);
}

AVX2 static inline lanes mix(lanes b, __m256i k0, __m256i k1) {
    __m256i p0 = _mm256_mul_epu32(b.c0, in_all(0xD2511F53u));
    __m256i p1 = _mm256_mul_epu32(b.c2, in_all(0xCD9E8D57u));
    __m256i high0 = _mm256_srli_epi64(p0, 32), high1 = _mm256_srli_epi64(p1, 32);
    return (lanes){
        .c0 = _mm256_xor_si256(_mm256_xor_si256(b.c1, k0), high1),
        .c1 = p1,
        .c2 = _mm256_xor_si256(_mm256_xor_si256(b.c3, k1), high0),
        .c3 = p0,
    };
}

/* Words of eight blocks: those of even blocks in `even`, in the low halves. */
AVX2 static inline __m256i joined(__m256i even, __m256i odd) {
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

AVX2 static inline void store(__m256i words, __m256i limit, __m256i keep, float *ret) {
    __m256i kept = _mm256_cmpeq_epi32(_mm256_max_epu32(words, limit), words);
    _mm256_storeu_si256((__m256i *)(void *)ret, _mm256_and_si256(kept, keep));
}

/* Eight blocks from `counter`, a multiple of eight, on. */
AVX2 static inline void fill_blocks(const rule *r, const wide_rule *wide, uint64_t counter,
                                    float *ret) {
    __m256i limit = wide->limit, keep = wide->keep;
    __m256i first = _mm256_set1_epi64x((int64_t)counter);
    lanes even = {.c0 = _mm256_add_epi64(first, _mm256_setr_epi64x(0, 2, 4, 6)),
                  .c1 = in_all((uint32_t)(counter >> 32)),
                  .c2 = in_all((uint32_t)r->stream),
                  .c3 = in_all((uint32_t)(r->stream >> 32))};
    lanes odd = even;
    odd.c0 = _mm256_add_epi64(first, _mm256_setr_epi64x(1, 3, 5, 7));
    for (int i = 0; i < ROUNDS; i++) {
        even = mix(even, wide->k0[i], wide->k1[i]);
        odd = mix(odd, wide->k0[i], wide->k1[i]);
    }
    store(joined(even.c0, odd.c0), limit, keep, ret);
    store(joined(even.c1, odd.c1), limit, keep, ret + BLOCKS);
    store(joined(even.c2, odd.c2), limit, keep, ret + 2 * BLOCKS);
    store(joined(even.c3, odd.c3), limit, keep, ret + 3 * BLOCKS);
}

AVX2 static void fill_groups_wide(const rule *r, uint64_t group, int64_t groups, float *ret) {
    wide_rule wide = {.limit = _mm256_set1_epi32((int32_t)r->limit),
                      .keep = _mm256_castps_si256(_mm256_set1_ps(r->keep))};
    uint32_t k0 = (uint32_t)r->draw, k1 = (uint32_t)(r->draw >> 32);
    for (int i = 0; i < ROUNDS; i++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        wide.k0[i] = in_all(k0);
        wide.k1[i] = in_all(k1);
    }
    for (int64_t g = 0; g < groups; g++, ret += NT_FACTOR_GROUP)
        for (uint64_t b = 0; b < BLOCKS; b += 8)
            fill_blocks(r, &wide, (group + (uint64_t)g) * BLOCKS + b, ret + b);
}
#endif

static void fill_groups(const rule *r, uint64_t group, int64_t groups, float *ret) {
#if defined __x86_64__
    if (nt_vectors_wide()) {
        fill_groups_wide(r, group, groups, ret);
        return;
    }
#endif
    fill_groups_plain(r, group, groups, ret);
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
