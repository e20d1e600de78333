/* What has been measured so far: one SQLite file in the run folder. An outcome is measured once,
 * whatever becomes of the process: shards of 1,000 samples are saved as soon as they are known, all
 * cases of a shard in one transaction, so that a kill costs the shard in hand and nothing else.
 *
 *     outcomes.sqlite      application_id "NTRV", user_version 5
 *       numerics           how outcomes were computed (ops/numerics.h), a line each
 *       measured           what was measured with which numerics; a key is the SHA-256 of all that
 *                          an outcome follows from beside them: weights, graph with its edit, data,
 *                          samples and their order
 *       shard              outcomes of samples [number * 1000, number * 1000 + 1000), the last one
 *                          shorter; the sum of their losses; a digest of the whole. They come in
 *                          any order. Of what is measured only until a verdict is certain, the last
 *                          one that there is may hold only the first of its samples
 *       result             which case of the suite has which key and numerics, or why it failed;
 *                          after how many samples measuring it ended early, and why
 *       sample             of these cases, which sample of the split has which place in outcomes
 *       seal               'results': a digest of all rows of result and sample
 *
 * Version 1 had no numerics: its rows are of NT_STORE_UNKNOWN. It and version 2 had no samples:
 * outcomes are in the order of the split. Up to version 3 nothing ended early. Up to version 4
 * there was no seal: results are then taken as they stand, as in a file that has none yet. Whoever
 * opens one for writing makes it one of version 5.
 *
 * Nothing in it depends on when or in how many attempts it was written: row for row, a resumed run
 * leaves what an undisturbed one does. Rows of measured and shard never go; none changes but a
 * shard with room left, which may become a longer one that begins alike.
 *
 * A file that isn't ours, that has anything in it but these tables, is of a newer version or is
 * damaged is refused with NT_INVALID, and so is a link; what is read is what was written, by the
 * digests. The file may be a stranger's: nothing that it says is run, and a journal beside it that
 * names another file, which SQLite would remove, is refused. One process writes (it holds the
 * folder's lock) while others may read; each waits some seconds for another, then gives up with
 * NT_FAILED. Not for several threads at once. While a store is open, its process must not open and
 * close the file by other means: that would drop SQLite's locks (POSIX fcntl). */
#ifndef NT_STORE_H
#define NT_STORE_H

#include "diagnostic.h"
#include "hash.h"
#include <stddef.h>

#define NT_STORE_NAME "outcomes.sqlite"
#define NT_STORE_UNKNOWN "unknown" /* numerics that nobody wrote down */

enum { NT_SHARD_SAMPLES = 1000 };

typedef struct nt_store nt_store;

/* In `folder`, which must exist. For writing: creates the file, or looks through all of an existing
 * one. For reading: never creates, and changes nothing but that it undoes what a killed process
 * left half-written. */
nt_status nt_store_open(const char *folder, nt_store **ret, nt_error *error);
nt_status nt_store_open_to_read(const char *folder, nt_store **ret, nt_error *error);
nt_status nt_store_open_in_memory(nt_store **ret, nt_error *error); /* an empty one, of no file */
void nt_store_close(nt_store *store);                               /* takes NULL */

/* --- outcomes --------------------------------------------------------------------------------- */

/* One shard of one measured thing. Texts and bytes are the caller's. */
typedef struct nt_shard {
    const char *key;               /* 64 hexadecimal digits */
    const char *numerics;          /* one line, without its end */
    int32_t samples, sample_bytes; /* of all shards of both; the bytes of one sample's outcome */
    int32_t number;
    const unsigned char *outcomes; /* sample after sample */
    size_t size;                   /* in bytes; at most that of the shard */
    double loss;                   /* sum over its samples; may be NaN */
} nt_shard;

int32_t nt_shard_count(int32_t samples);                   /* shards of so many samples */
int32_t nt_shard_samples(int32_t samples, int32_t number); /* samples in one of them */

/* Saves the shards, all or none. One that is there already must be the same, or begin like it and
 * be shorter; then it gives way to it (NT_FAILED otherwise: the program's outcomes would not be
 * determined by key and numerics). NT_INVALID for a wrong size. */
nt_status nt_store_put_shards(nt_store *store, const nt_shard *shards, size_t count,
                              nt_error *error);

/* What there is of a key with some numerics: all zero if nothing. The first `done` of the samples
 * are measured: those of the longest run of shards from number 0 on, of which all but the last are
 * full. There may be more behind a gap. */
typedef struct nt_measured {
    int32_t samples, sample_bytes, done;
} nt_measured;

nt_status nt_store_find(nt_store *store, const char *key, const char *numerics, nt_measured *ret,
                        nt_error *error);

/* How many samples of one shard are saved; 0: none. Doesn't read them. */
nt_status nt_store_has_shard(nt_store *store, const char *key, const char *numerics, int32_t number,
                             int32_t *ret_samples, nt_error *error);

/* The newest numerics, of those that begin with `asked`, with which both keys are complete; in
 * `arena`, NULL if there are none. */
nt_status nt_store_find_shared(nt_store *store, const char *key, const char *with,
                               const char *asked, nt_arena *arena, const char **ret,
                               nt_error *error);

/* The first `count` outcomes of a key, sample after sample, which take `size` bytes, and the sum of
 * its shards' losses in their order, 0 unless these are all samples. On failure ret_outcomes may
 * hold anything. NT_FAILED if fewer are measured from the first one on. */
nt_status nt_store_read(nt_store *store, const char *key, const char *numerics, int32_t count,
                        unsigned char *ret_outcomes, size_t size, double *ret_loss,
                        nt_error *error);

/* What is there of one shard: how many samples, their outcomes, for which there must be room for a
 * whole shard of so many bytes a sample, and the sum of their losses; 0 if nothing is. */
nt_status nt_store_read_shard(nt_store *store, const char *key, const char *numerics,
                              int32_t number, int32_t sample_bytes, unsigned char *ret_outcomes,
                              int32_t *ret_samples, double *ret_loss, nt_error *error);

/* Puts all that another store has measured into this one, all or none of it. A shard that both have
 * must be the same, or in one of them the beginning of what it is in the other (NT_FAILED
 * otherwise, with its key and both files). `from` may be one for reading. *ret_new: how many shards
 * this one had not, or not as far. */
nt_status nt_store_join(nt_store *into, nt_store *from, int64_t *ret_new, nt_error *error);

/* How many keys are complete, each counted with each of its numerics; and of how many there is
 * something, but all with none. */
nt_status nt_store_count_complete(nt_store *store, int64_t *ret, nt_error *error);
nt_status nt_store_count_open(nt_store *store, int64_t *ret, nt_error *error);

/* The numerics of most of its shards, in `arena`; NULL if there are none. */
nt_status nt_store_usual_numerics(nt_store *store, nt_arena *arena, const char **ret,
                                  nt_error *error);

/* How far measuring is. `samples`: of most of what is measured, and of nothing else is counted how
 * many shards there are, each once, with whatever numerics. All 0 of an empty store. */
typedef struct nt_store_tally {
    int32_t samples;
    int64_t shards;
} nt_store_tally;

nt_status nt_store_count(nt_store *store, nt_store_tally *ret, nt_error *error);

/* Whether this one has all that another has measured. */
nt_status nt_store_covers(nt_store *store, nt_store *other, bool *ret, nt_error *error);

/* --- the suite's cases ------------------------------------------------------------------------ */

/* One case, with one seed, on one split: its key and numerics, of which at least one shard must be
 * saved, or the reason why there are none; the other is NULL. */
typedef struct nt_store_result {
    const char *group, *name; /* unique together with seed and split */
    int32_t seed;
    const char *split, *edit; /* edit: what was zeroed, in words */
    const char *key, *numerics, *failure;
    const char *decide;   /* what was to be decided early (sequential.h); NULL: nothing, or: */
    int32_t samples;      /* after so many samples measuring ended, */
    const char *decision; /* and why, in a word; NULL: it came to the last one */
} nt_store_result;

/* Puts these in place of all results that there were, all or none, and keeps their order; with them
 * the numbers of their samples in the split, in the order of outcomes (`sample_count` 0: 0, 1, 2
 * …).
 */
nt_status nt_store_put_results(nt_store *store, const nt_store_result *results, size_t count,
                               const int32_t *samples, int32_t sample_count, nt_error *error);

/* These numbers, in `arena`; NULL and 0 if there are none. */
nt_status nt_store_samples(nt_store *store, nt_arena *arena, const int32_t **ret_samples,
                           int32_t *ret_count, nt_error *error);

/* Calls `visit` for each in that order; its texts are good until it returns. Ends early with the
 * status of a visit that isn't NT_OK. A visit may read other things of the store; as long as it
 * takes, nobody can write. */
typedef nt_status (*nt_store_visit)(void *context, const nt_store_result *result);

nt_status nt_store_each_result(nt_store *store, nt_store_visit visit, void *context,
                               nt_error *error);

#endif
