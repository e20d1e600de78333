/* Messages go to rank 0 and from it; exchanges go up the same tree as gradients do (rank_sum.h). */
#include "training_ranks.h"

#include "alloc.h"
#include "dist_same.h"
#include "rank_wait.h"
#include "signals.h"
#include <stdio.h>
#include <string.h>

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* Rank 0 takes one message of the kind from each other rank; others send theirs. `take` gets each,
 * in whatever order they come. */
static nt_status gather(int ranks, int kind, const void *mine, size_t size,
                        nt_status (*take)(void *context, const nt_dist_message *message,
                                          nt_error *error),
                        void *context, nt_error *error) {
    if (nt_dist_rank() > 0)
        return nt_dist_send(0, kind, mine, size) == NT_OK ? NT_OK : no_memory(error);
    nt_status status = NT_OK;
    for (int i = 1; i < ranks && status == NT_OK; i++) {
        nt_dist_message message;
        NT_TRY(nt_rank_receive(kind, &message, error));
        status = take(context, &message, error);
        nt_dist_message_finish(&message);
    }
    return status;
}

/* --- what they work with ---------------------------------------------------------------------- */

static nt_status compare(void *context, const nt_dist_message *message, nt_error *error) {
    return nt_same_compare(message, context, error);
}

nt_status nt_ranks_compare(int ranks, const nt_identity *identity, const char *numerics,
                           nt_error *error) {
    nt_text lines, message;
    nt_text_init(&lines);
    nt_text_init(&message);
    nt_same_begin(&lines, numerics);
    nt_identity_add_lines(identity, &lines);
    if (!lines.failed)
        nt_same_message(&message, lines.bytes);
    nt_status status = lines.failed || message.failed ? no_memory(error) : NT_OK;
    if (status == NT_OK)
        status = gather(ranks, NT_TRAIN_HELLO, message.bytes, message.length, compare, lines.bytes,
                        error);
    nt_text_finish(&message);
    nt_text_finish(&lines);
    return status;
}

/* --- where they begin ------------------------------------------------------------------------- */

/* Rank 0's bytes to all others. */
static nt_status tell(int ranks, int kind, void *bytes, size_t size, nt_error *error) {
    nt_dist_message message;
    for (int r = 1; nt_dist_rank() == 0 && r < ranks; r++)
        if (nt_dist_send(r, kind, bytes, size) != NT_OK)
            return no_memory(error);
    if (nt_dist_rank() == 0)
        return NT_OK;
    NT_TRY(nt_rank_receive(kind, &message, error));
    memcpy(bytes, message.bytes, size);
    nt_dist_message_finish(&message);
    return NT_OK;
}

nt_status nt_ranks_begin(int ranks, nt_beginning *beginning, nt_error *error) {
    return tell(ranks, NT_TRAIN_START, beginning, sizeof *beginning, error);
}

nt_status nt_ranks_end(int ranks, nt_error *error) {
    char nothing = 0;
    return tell(ranks, NT_TRAIN_DONE, &nothing, sizeof nothing, error);
}

enum { PIECE = 1 << 20 }; /* floats: 4 MiB */

/* A swap of which one side is wanted. */
static nt_status pass_on(int with, bool give, float *floats, int64_t count, float *theirs,
                         nt_error *error) {
    nt_dist_exchange *exchange;
    for (int64_t at = 0; at < count; at += PIECE) {
        int64_t size = count - at < PIECE ? count - at : PIECE;
        if (nt_dist_swap(with, NT_RANK_TAG_OTHERS, floats + at, theirs, size, &exchange) != NT_OK)
            return no_memory(error);
        NT_TRY(nt_rank_wait(&exchange, error));
        if (!give)
            memcpy(floats + at, theirs, (size_t)size * sizeof *theirs);
    }
    return NT_OK;
}

/* The ranks below `have` have it: each gives it to the one `have` further on. */
nt_status nt_ranks_share(int ranks, nt_weights *weights, nt_error *error) {
    int rank = nt_dist_rank();
    float *theirs = nt_alloc(PIECE * sizeof *theirs);
    nt_status status = theirs ? NT_OK : no_memory(error);
    for (int have = 1; have < ranks; have *= 2)
        for (size_t i = 0; rank < 2 * have && i < nt_weights_count(weights); i++) {
            nt_tensor tensor = nt_weights_at(weights, i);
            if (status == NT_OK)
                status = pass_on(rank ^ have, rank < have, tensor.f, nt_type_stored(tensor.type),
                                 theirs, error);
        }
    if (status == NT_OK) /* else MPI may have it */
        nt_free(theirs, PIECE * sizeof *theirs);
    return status;
}

/* --- each step -------------------------------------------------------------------------------- */

/* Numbers to be added, each in pieces so small that floats hold the sums over all ranks exactly. */
enum { CORRECT, COUNTED, INTERRUPTED, TERMINATED, NUMBERS, PIECES = 4, BITS = 16 };

static void to_floats(const int64_t numbers[NUMBERS], float ret[NUMBERS * PIECES]) {
    for (int i = 0; i < NUMBERS * PIECES; i++)
        ret[i] = (float)(numbers[i / PIECES] >> i % PIECES * BITS & ((1 << BITS) - 1));
}

static void from_floats(const float floats[NUMBERS * PIECES], int64_t ret[NUMBERS]) {
    memset(ret, 0, NUMBERS * sizeof *ret);
    for (int i = 0; i < NUMBERS * PIECES; i++)
        ret[i / PIECES] += (int64_t)floats[i] << i % PIECES * BITS;
}

static nt_status add_up(int ranks, float *mine, int64_t count, float *theirs, nt_error *error) {
    nt_dist_exchange *exchange;
    for (int with = 1; with < ranks; with *= 2) {
        if (nt_dist_swap(nt_dist_rank() ^ with, NT_RANK_TAG_OTHERS, mine, theirs, count,
                         &exchange) != NT_OK)
            return no_memory(error);
        NT_TRY(nt_rank_wait(&exchange, error));
        for (int64_t i = 0; i < count; i++)
            mine[i] += theirs[i];
    }
    return NT_OK;
}

nt_status nt_ranks_agree(int ranks, nt_train_count *count, nt_status *ret_stop, nt_error *error) {
    static float mine[NUMBERS * PIECES], theirs[NUMBERS * PIECES]; /* MPI may keep them */
    nt_status stop = nt_signals_status();
    int64_t numbers[NUMBERS] = {[CORRECT] = count->correct,
                                [COUNTED] = count->counted,
                                [INTERRUPTED] = stop == NT_INTERRUPTED,
                                [TERMINATED] = stop == NT_TERMINATED};
    to_floats(numbers, mine);
    NT_TRY(add_up(ranks, mine, NUMBERS * PIECES, theirs, error));
    from_floats(mine, numbers);
    *count = (nt_train_count){.correct = numbers[CORRECT], .counted = numbers[COUNTED]};
    *ret_stop = numbers[TERMINATED] ? NT_TERMINATED : numbers[INTERRUPTED] ? NT_INTERRUPTED : NT_OK;
    return NT_OK;
}

/* --- what they hold --------------------------------------------------------------------------- */

enum { MACHINE = 128 };

typedef struct holding {
    char machine[MACHINE], digest[NT_DIGEST_HEX];
} holding;

typedef struct holdings {
    holding *of; /* by rank */
    int ranks;
} holdings;

static nt_status take_holding(void *context, const nt_dist_message *message, nt_error *error) {
    const holdings *all = context;
    (void)error;
    memcpy(&all->of[message->from], message->bytes, sizeof *all->of);
    return NT_OK;
}

/* How many hold what the rank holds. */
static int alike(const holdings *all, int rank) {
    int count = 0;
    for (int r = 0; r < all->ranks; r++)
        count += strcmp(all->of[r].digest, all->of[rank].digest) == 0;
    return count;
}

/* Of two halves neither is odd: then all are named that differ from rank 0. */
static nt_status judge(const holdings *all, nt_error *error) {
    int most = 0, odd = 0;
    nt_text words;
    for (int r = 1; r < all->ranks; r++)
        most = alike(all, r) > alike(all, most) ? r : most;
    nt_text_init(&words);
    for (int r = 0; r < all->ranks; r++)
        if (strcmp(all->of[r].digest, all->of[most].digest) != 0)
            nt_text_printf(&words, "%srank %d (%s)", odd++ ? ", " : "", r, all->of[r].machine);
    nt_status status = words.failed ? no_memory(error)
                       : odd == 0
                           ? NT_OK
                           : nt_error_say(error, NT_FAILED,
                                          "%s: weights that are not those of rank %d (%s), as all "
                                          "should be",
                                          words.bytes, most, all->of[most].machine);
    nt_text_finish(&words);
    if (odd > 0)
        nt_error_hint(error, "look at that machine's memory and processors; checkpoints of this "
                             "epoch may hold them too");
    return status;
}

nt_status nt_ranks_compare_weights(int ranks, const nt_weights *weights, nt_error *error) {
    holding mine = {0};
    holdings all = {nt_alloc_zero((size_t)ranks * sizeof *all.of), ranks};
    nt_status status = all.of && nt_weights_digest(weights, mine.digest) ? NT_OK : no_memory(error);
    snprintf(mine.machine, MACHINE, "%s", nt_dist_machine());
    if (status == NT_OK)
        status = gather(ranks, NT_TRAIN_DIGEST, &mine, sizeof mine, take_holding, &all, error);
    if (status == NT_OK && nt_dist_rank() == 0) {
        all.of[0] = mine;
        status = judge(&all, error);
    }
    nt_free(all.of, all.of ? (size_t)ranks * sizeof *all.of : 0);
    return status;
}

/* --- what is not finite ----------------------------------------------------------------------- */

enum { BLAME = 512 };

typedef struct blame {
    int rank; /* the lowest so far that has words */
    const char *words;
    nt_arena *arena;
} blame;

static nt_status take_blame(void *context, const nt_dist_message *message, nt_error *error) {
    blame *b = context;
    if (message->size == 0 || message->from > b->rank)
        return NT_OK;
    b->rank = message->from;
    b->words = nt_arena_substring(b->arena, message->bytes, message->size);
    return b->words ? NT_OK : no_memory(error);
}

/* All wait for the outcome, lest one tells rank 0 of its end before all have told what they know.
 */
nt_status nt_ranks_blame(int ranks, const char **words, nt_arena *arena, nt_error *error) {
    char common[BLAME] = "";
    blame b = {**words ? 0 : ranks, *words, arena};
    NT_TRY(gather(ranks, NT_TRAIN_CULPRIT, *words, strlen(*words), take_blame, &b, error));
    snprintf(common, BLAME, "%s", b.words);
    NT_TRY(tell(ranks, NT_TRAIN_CULPRIT, common, BLAME, error));
    *words = nt_arena_string(arena, common);
    return *words ? NT_OK : no_memory(error);
}
