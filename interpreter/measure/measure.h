/* Measuring cases with one set of weights: what the store lacks of them is evaluated, all of them
 * together in one graph, shard by shard, and saved shard by shard. */
#ifndef NT_MEASURE_H
#define NT_MEASURE_H

#include "case_graph.h"
#include "evaluation.h"
#include "finding.h"
#include "history.h"
#include "store.h"

/* Cases whose tests are adjusted together, and whether each may end as soon as its verdict is
 * certain. Each subject but the first is in one of them at most. */
typedef struct nt_family {
    int32_t first, count; /* of the subjects */
    nt_decide decide;
} nt_family;

/* Others who evaluate too: hands.h. */
typedef struct nt_hands nt_hands;

/* One of several processes that know nothing of each other; each does its part of all units, of
 * samples, cases and seeds. */
typedef struct nt_part {
    int32_t number, of; /* from 0 */
    int32_t seed, seeds;
} nt_part;

/* What the cases are measured with and on. */
typedef struct nt_measuring {
    const nt_network *network;
    const nt_weights *weights;
    const nt_history *history;       /* what the weights were before; NULL: not known */
    const nt_loader *loader;         /* the samples */
    const nt_loader *calibration;    /* training images: for mean outputs and recalibration */
    nt_evaluation evaluation;        /* its report is told of samples of all cases together */
    const char *numerics;            /* how this process computes: ops/numerics.h */
    const char *context;             /* in words, all else that an outcome follows from */
    const char *calibration_context; /* the same of the calibration images */
    const char *no_initial;          /* why what training began with is not known, */
    const char *no_snapshot;         /* and what it was later */
    nt_store *store;
    const nt_family *families; /* where some may end early; batch normalisations with statistics of
                                * the batch are not for these */
    int32_t family_count;
    double margin;       /* of their tests */
    bool one_by_one;     /* a graph for each case in place of one for all: the same bits, slower */
    bool own_numerics;   /* outcomes of other numerics won't do */
    bool known_only;     /* NT_FAILED, with how much, where the store lacks something */
    nt_hands *hands;     /* NULL: there is this process alone */
    const nt_part *part; /* only so much of it is measured; NULL: all */
} nt_measuring;

/* One case. */
typedef struct nt_subject {
    nt_edits edits;
    char key[NT_DIGEST_HEX]; /* of its outcomes in the store, */
    const char *numerics;    /* and theirs; NULL if there are none. In the arena given */
    int32_t done;            /* samples that the store has of it, computed as here */
    int32_t samples;         /* that say what there is to say: all, or those before its end */
    const char *decision;    /* see nt_finding */
    bool open;               /* private: its end isn't found yet */
    const char *failure;     /* why it has no numbers, in the arena given; NULL: it has */
} nt_subject;

/* What there was to do, and what was done. */
typedef struct nt_measure_tally {
    int32_t known;     /* subjects that the store had whole */
    int32_t shards;    /* of the graphs of all the others */
    int32_t evaluated; /* of these shards; the store had the rest, or it came to an early end */
    bool mixed;        /* outcomes of other numerics are among those, and it was said */
    int64_t samples;   /* of all cases, were they measured to the end, */
    int64_t spared;    /* and those that need not be, since something is decided */
    int32_t units;     /* of a part: that are its own, */
    int32_t given_up;  /* and of these, that failed twice */
} nt_measure_tally;

/* Of a part, measures what is its own and looks no further: of failures there are notes and the
 * tally, and nothing ends early. Otherwise:
 *
 * Finds each subject's key, and measures what is not in the store yet. The first subject is what
 * the others are compared with. An outcome of other numerics that agree in what was asked for will
 * do, if the first subject has one of the same: afterwards it has one for each subject's numerics.
 * Where anything is measured, it is measured too, so that only like is compared with like; a note
 * says when this comes up first. Adds to `tally`, unless it is NULL, whatever the outcome.
 * NT_INTERRUPTED or NT_TERMINATED, without an error, after a signal.
 *
 * A case that can't be made, or has a logit that is not finite, or of which a shard could not be
 * evaluated, twice, gets its reason, and the others go on; of the first subject it is NT_FAILED,
 * and that shard is not kept. A case's shards are in the store like any others, with such samples
 * marked (score.h), so that whoever reads them, now or later, finds the same failure in them. */
nt_status nt_measure(const nt_measuring *measuring, nt_subject *subjects, int32_t count,
                     nt_arena *arena, nt_measure_tally *tally, nt_error *error);

#endif
