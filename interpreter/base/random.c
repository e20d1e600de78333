/* Philox 4x32-10, and the usual draws from its words. */
#include "random.h"

#include <math.h>

void nt_philox(uint64_t key, uint64_t counter_high, uint64_t counter_low, uint32_t ret_words[4]) {
    uint32_t c0 = (uint32_t)counter_low, c1 = (uint32_t)(counter_low >> 32);
    uint32_t c2 = (uint32_t)counter_high, c3 = (uint32_t)(counter_high >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
        uint32_t old1 = c1, old3 = c3;
        c0 = (uint32_t)(p1 >> 32) ^ old1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ old3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    ret_words[0] = c0;
    ret_words[1] = c1;
    ret_words[2] = c2;
    ret_words[3] = c3;
}

void nt_random_init(nt_random *random, uint64_t key, uint64_t stream) {
    *random = (nt_random){.key = key, .stream = stream};
}

uint32_t nt_random_word(nt_random *random) {
    if (random->left == 0) {
        nt_philox(random->key, random->stream, random->next++, random->words);
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

uint32_t nt_random_below(nt_random *random, uint32_t limit) {
    uint32_t threshold = (uint32_t)(-limit) % limit; /* words below it would favour small results */
    for (;;) {
        uint64_t product = (uint64_t)nt_random_word(random) * limit;
        if ((uint32_t)product >= threshold)
            return (uint32_t)(product >> 32);
    }
}

double nt_random_uniform(nt_random *random) {
    return nt_random_word(random) * 0x1p-32;
}

double nt_random_normal(nt_random *random) {
    const double two_pi = 6.283185307179586;
    double u = (nt_random_word(random) + 1.0) * 0x1p-32; /* in (0, 1] */
    double v = nt_random_uniform(random);
    return sqrt(-2 * log(u)) * cos(two_pi * v);
}

void nt_random_shuffle(nt_random *random, int32_t *numbers, int32_t count) {
    for (int32_t i = count - 1; i > 0; i--) {
        int32_t k = (int32_t)nt_random_below(random, (uint32_t)i + 1), kept = numbers[i];
        numbers[i] = numbers[k];
        numbers[k] = kept;
    }
}

void nt_random_choose(nt_random *random, int32_t total, int32_t count, bool *ret_chosen) {
    for (int32_t i = 0; i < total; i++) {
        ret_chosen[i] = nt_random_below(random, (uint32_t)(total - i)) < (uint32_t)count;
        count -= ret_chosen[i];
    }
}
