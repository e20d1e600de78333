/* Random numbers from counters: the n-th draw of a stream is a function of (key, n), so that any
 * sample of any epoch can be made by any thread, in any order, and a resumed run repeats itself.
 * Philox 4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 */
#ifndef NT_RANDOM_H
#define NT_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void nt_philox(uint64_t key, uint64_t counter_high, uint64_t counter_low, uint32_t ret_words[4]);

/* A stream of draws: its key and two identifiers choose it, `next` counts blocks of four words. */
typedef struct nt_random {
    uint64_t key, stream;
    uint64_t next;
    uint32_t words[4];
    int left;
} nt_random;

/* Streams that several purposes draw from one key, so that no two get the same numbers. Other
 * streams are names of their own: a tensor's for its initial values, a node's path for dropout, a
 * kind's name for an ablation. */
enum {
    NT_STREAM_SPLIT = 0x73706c69,    /* which samples are for testing: "spli" */
    NT_STREAM_HOLD_OUT = 0x686f6c64, /* which training images are held out: "hold" */
    NT_STREAM_PATIENTS = 0x70617469, /* the same of whole patients: "pati" */
    NT_STREAM_SAMPLES = 0x73616d70,  /* the order of evaluation: "samp" */
    NT_STREAM_CALIBRATE = 0x63616c69 /* which training images calibrate: "cali" */
};
#define NT_STREAM_ORDER "order"     /* of an epoch's samples; hashed with the epoch */
#define NT_STREAM_AUGMENT "augment" /* of one sample; hashed with epoch and sample */

void nt_random_init(nt_random *random, uint64_t key, uint64_t stream);
uint32_t nt_random_word(nt_random *random);
uint32_t nt_random_below(nt_random *random, uint32_t limit); /* uniform in [0, limit), unbiased */
double nt_random_uniform(nt_random *random);                 /* in [0, 1), 32 bits of it */
/* Chooses `count` of `total` at random: ret_chosen[i] says whether i is among them. Knuth's
 * selection sampling (The Art of Computer Programming 2, 3.4.2, algorithm S). */
void nt_random_choose(nt_random *random, int32_t total, int32_t count, bool *ret_chosen);
/* Puts the numbers in an order, each as likely as the others (Fisher and Yates). */
void nt_random_shuffle(nt_random *random, int32_t *numbers, int32_t count);
double nt_random_normal(nt_random *random); /* mean 0, deviation 1 (Box and Muller) */

#endif
