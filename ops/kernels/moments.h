/* The mean and the biased variance of each column of a matrix: of each channel, over all pixels of
 * a batch. They can be found while somebody is still making the matrix: whoever makes the last of a
 * block's rows takes in the block, which is then likely to be in a cache.
 *
 * Blocks are of a fixed number of rows, each block's sums run in order, and the blocks are put
 * together in order: the same bits in whatever order, and by however many threads, the matrix is
 * made. Deviations are taken from a row of the block, four are added in float32, everything beyond
 * in double, and blocks are combined by their means (Chan, Golub, LeVeque, "Algorithms for
 * computing the sample variance", The American Statistician 37, 1983): a large mean costs no
 * digits. */
#ifndef NT_MOMENTS_H
#define NT_MOMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NT_MOMENTS_PARTS = 4 };

typedef struct nt_moments {
    const float *x; /* [rows][columns] */
    int64_t rows, columns;
    double *blocks;        /* [block][2][column]: its mean, the sum of squares of what is apart */
    atomic_llong *missing; /* [block]: shares of units that its rows still wait for */
    int64_t units, unit_rows; /* so many units make so many rows; 0: nobody has begun */
} nt_moments;

/* Bytes of the `work` that is scribbled on; it is aligned to 8 bytes at least. */
size_t nt_moments_bytes(int64_t rows, int64_t columns);

nt_moments nt_moments_of(const float *x, int64_t rows, int64_t columns, void *work);

/* Announces how x is made: in units, of which the first `units` make the first `rows` rows, the
 * next as many the next, and so on; each of them in `shares` shares. If it is not called, x is read
 * once it is all there, by nt_moments_finish. */
void nt_moments_begin(nt_moments *moments, int64_t units, int64_t rows, int64_t shares);

/* So many shares of each of the units [from, end) are made. From within any job. */
void nt_moments_made(const nt_moments *moments, int64_t from, int64_t end, int64_t shares);

/* Each number is the sum of two floats, which is all of it that can pass through a graph:
 * ret_parts[4][column], the mean's, larger part first, then the variance's. */
void nt_moments_finish(const nt_moments *moments, float *ret_parts);

/* The numbers that the parts add up to. */
void nt_moments_join(const float *parts, int64_t columns, double *ret_mean, double *ret_variance);

#endif
