/* What every reader of files owes to broken ones: each truncation of a small valid file, and 200
 * files in which one field is another, are refused with an error that names the file, or another of
 * its set that it no longer fits, or read; in bounded memory and time, with nothing left behind. */
#ifndef SUPPORT_MUTATE_H
#define SUPPORT_MUTATE_H

#include "support_base.h"

/* A file, and how it is read. */
typedef struct specimen {
    const char *name; /* of the format, for messages */
    const char *path; /* of a small valid file, which is written anew and at the end restored */
    const char *root; /* what `read` is given: the path, or the folder of a data set */
    int most_cuts;    /* of so many truncations at most, evenly spread; 0: of each */

    /* Reads all that can be read, and sums it up in a number (sum_bytes). What it allocates it
     * frees.
     */
    nt_status (*read)(const char *root, uint64_t *ret_sum, nt_error *error);
} specimen;

/* Adds bytes to a sum that began as 0. */
void sum_bytes(uint64_t *sum, const void *bytes, size_t size);

/* A truncated file is refused, or what is read is the same: nothing that was lost mattered. */
void expect_truncations(const specimen *s);

/* Fields of one to eight bytes, of any place, most of them near the file's begin and end, get the
 * values that break programs: 0, 1, -1, the least and the largest, one more and one less, the
 * file's size, any other. */
void expect_mutations(const specimen *s);

#endif
