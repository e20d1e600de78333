/* Rank 0 sends what a worker lacks right before what needs it: a seed's weights to all when the
 * seed is first measured, a graph's cases to one when it gets its first unit of them. */
#include "suite_crew.h"

#include "alloc.h"
#include "build_info.h"
#include "describe.h"
#include "dist.h"
#include "machine.h"
#include "plan.h"
#include "signals.h"
#include "step_graph.h"
#include "suite_run_private.h"
#include "suite_wire.h"
#include <string.h>

enum {
    NOTHING = -1,
    BUSY_FROM = 9 /* ranks: handing out and saving then takes rank 0 a good part of its time */
};

struct nt_suite_crew {
    nt_suite_work *work;
    nt_hands hands;
    int64_t *graphs; /* per rank: the graph that it has; NOTHING */
    int seed;        /* whose weights they have; NOTHING */
    bool held_out;   /* what the units in hand are of */
    nt_dist_message message;
};

static nt_status lost(const nt_dist_message *message, nt_error *error) {
    size_t length = message->size;
    const char *words = message->bytes;
    while (length > 0 && words[length - 1] == '\n')
        length--;
    return nt_error_say(error, NT_FAILED, "process %d could not go on: %.*s", message->from,
                        (int)length, words);
}

/* --- units ------------------------------------------------------------------------------------ */

static nt_status send_graph(nt_suite_crew *crew, int hand, const nt_unit_order *order,
                            nt_error *error) {
    const nt_case_batch *batch = order->batch;
    nt_text text;
    nt_text_init(&text);
    nt_wire_put_int(&text, order->graph);
    nt_wire_put_int(&text, crew->held_out);
    nt_wire_put_text(&text, batch->required);
    nt_wire_put_int(&text, batch->count);
    for (int32_t i = 0; i < batch->count; i++) {
        nt_wire_put_text(&text, batch->subjects[i]->key);
        nt_wire_put_edits(&text, &batch->subjects[i]->edits);
    }
    crew->graphs[hand] = order->graph;
    return nt_wire_send(hand, NT_WIRE_GRAPH, &text, error);
}

static nt_status give(void *context, int hand, const nt_unit_order *order, nt_error *error) {
    nt_suite_crew *crew = context;
    nt_text text;
    if (crew->graphs[hand] != order->graph)
        NT_TRY(send_graph(crew, hand, order, error));
    nt_text_init(&text);
    nt_wire_put_int(&text, order->unit);
    nt_wire_put_int(&text, order->first);
    nt_wire_put_int(&text, order->count);
    nt_wire_put_bytes(&text, order->losses, (size_t)order->batch->count * sizeof *order->losses);
    return nt_wire_send(hand, NT_WIRE_UNIT, &text, error);
}

static nt_status read_answer(nt_suite_crew *crew, nt_unit_answer *ret, nt_error *error) {
    nt_wire wire = nt_wire_of(crew->message.bytes, crew->message.size);
    size_t outcomes, losses;
    *ret = (nt_unit_answer){.hand = crew->message.from, .unit = (int32_t)nt_wire_int(&wire)};
    ret->status = (nt_status)nt_wire_int(&wire);
    ret->why = nt_wire_text(&wire);
    ret->outputs = (int32_t)nt_wire_int(&wire);
    ret->count = (int32_t)nt_wire_int(&wire);
    ret->losses = nt_wire_bytes(&wire, &losses);
    ret->outcomes = nt_wire_bytes(&wire, &outcomes);
    if (wire.failed)
        return nt_error_say(error, NT_FAILED, "process %d said something that can't be read",
                            ret->hand);
    return NT_OK;
}

static nt_status take(void *context, nt_unit_answer *ret, bool *ret_came, nt_error *error) {
    nt_suite_crew *crew = context;
    *ret_came = false;
    NT_TRY(nt_signals_status());
    nt_dist_message_finish(&crew->message);
    if (nt_dist_receive(&crew->message, ret_came) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for a message");
    if (!*ret_came)
        return NT_OK;
    if (crew->message.kind == NT_DIST_FAILED)
        return lost(&crew->message, error);
    return read_answer(crew, ret, error);
}

static void wait_a_moment(void *context) {
    (void)context;
    nt_dist_pause();
}

/* --- beginning -------------------------------------------------------------------------------- */

nt_status nt_suite_crew_new(nt_suite_work *work, nt_suite_crew **ret) {
    int count = nt_dist_size();
    *ret = NULL;
    if (count == 1)
        return NT_OK;
    nt_suite_crew *crew = nt_alloc_zero(sizeof *crew);
    int64_t *graphs = NT_ARENA_ARRAY(&work->arena, int64_t, count);
    if (!crew || !graphs) {
        nt_free(crew, sizeof *crew);
        return nt_suite_no_memory(work);
    }
    for (int r = 0; r < count; r++)
        graphs[r] = NOTHING;
    *crew = (nt_suite_crew){.work = work, .graphs = graphs, .seed = NOTHING};
    crew->hands = (nt_hands){.context = crew,
                             .count = count,
                             .alone = count >= BUSY_FROM,
                             .give = give,
                             .take = take,
                             .pause = wait_a_moment};
    *ret = crew;
    return NT_OK;
}

void nt_suite_crew_free(nt_suite_crew *crew) {
    if (!crew)
        return;
    nt_dist_message_finish(&crew->message);
    nt_free(crew, sizeof *crew);
}

const char *nt_suite_crew_lines(const nt_suite_work *work) {
    nt_text text;
    nt_text_init(&text);
    nt_build_describe(&text);
    nt_text_printf(&text, "\nnumerics %s\ndata %s\n", work->numerics,
                   work->results->provenance.data);
    for (int32_t i = 0; i < work->source.file_count; i++)
        nt_text_printf(&text, "%s %s\n", work->source.files[i].file, work->source.files[i].digest);
    const char *lines = text.failed ? NULL : nt_arena_string((nt_arena *)&work->arena, text.bytes);
    nt_text_finish(&text);
    return lines;
}

/* The first line that both don't have. */
static nt_status compare_lines(const nt_suite_crew *crew, int rank, const char *machine,
                               const char *mine, const char *theirs) {
    size_t i = 0, line = 0;
    while (mine[i] && mine[i] == theirs[i]) {
        line = mine[i] == '\n' ? i + 1 : line;
        i++;
    }
    if (mine[i] == theirs[i])
        return NT_OK;
    nt_error_say(crew->work->error, NT_FAILED,
                 "process %d on %s is odd: it has '%.*s' where process 0 on %s has '%.*s'", rank,
                 machine, (int)strcspn(theirs + line, "\n"), theirs + line, nt_dist_machine(),
                 (int)strcspn(mine + line, "\n"), mine + line);
    nt_error_hint(crew->work->error,
                  "give all machines the same program, data and files; NONTRIVIAL_KERNEL makes "
                  "different processors compute alike");
    return NT_FAILED;
}

static nt_status look_at_ready(nt_suite_crew *crew, const char *mine) {
    const nt_dist_message *message = &crew->message;
    nt_wire wire = nt_wire_of(message->bytes, message->size);
    if (message->kind == NT_DIST_FAILED)
        return lost(message, crew->work->error);
    const char *machine = nt_wire_text(&wire), *theirs = nt_wire_text(&wire);
    if (message->kind != NT_WIRE_READY || wire.failed || !machine || !theirs)
        return nt_error_say(crew->work->error, NT_FAILED,
                            "process %d said something that can't be read", message->from);
    return compare_lines(crew, message->from, machine, mine, theirs);
}

/* The next message, whatever it is; waits. */
static nt_status next_message(nt_suite_crew *crew) {
    bool came = false;
    nt_dist_message_finish(&crew->message);
    while (!came) {
        NT_TRY(nt_signals_status());
        if (nt_dist_receive(&crew->message, &came) != NT_OK)
            return nt_suite_no_memory(crew->work);
        if (!came)
            nt_dist_pause();
    }
    return NT_OK;
}

nt_status nt_suite_crew_gather(nt_suite_crew *crew) {
    const char *mine = nt_suite_crew_lines(crew->work);
    int count = nt_dist_size(), here = nt_dist_local_size();
    if (!mine)
        return nt_suite_no_memory(crew->work);
    for (int ready = 1; ready < count; ready++) {
        NT_TRY(next_message(crew));
        NT_TRY(look_at_ready(crew, mine));
    }
    nt_progress_note(crew->work->options->progress,
                     "%d processes, %d of them on this machine (%s) with %d thread%s each", count,
                     here, nt_dist_machine(), nt_dist_threads(), nt_dist_threads() == 1 ? "" : "s");
    return NT_OK;
}

/* --- measuring -------------------------------------------------------------------------------- */

void nt_suite_crew_share(nt_weights *weights) {
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        nt_dist_share(tensor.data, (size_t)nt_type_stored(tensor.type) * sizeof(float));
    }
}

static nt_status send_seed(nt_suite_crew *crew, int seed) {
    const nt_suite_work *work = crew->work;
    for (int r = 1; r < crew->hands.count; r++) {
        nt_text text;
        nt_text_init(&text);
        nt_wire_put_int(&text, seed);
        nt_wire_put_int(&text, work->has_initial);
        NT_TRY(nt_wire_send(r, NT_WIRE_SEED, &text, work->error));
        crew->graphs[r] = NOTHING;
    }
    nt_suite_crew_share(work->weights);
    if (work->has_initial)
        nt_suite_crew_share(work->initial);
    crew->seed = seed;
    return NT_OK;
}

nt_status nt_suite_crew_hands(nt_suite_crew *crew, int seed, bool held_out, nt_hands **ret) {
    *ret = crew ? &crew->hands : NULL;
    if (!crew)
        return NT_OK;
    crew->held_out = held_out;
    return crew->seed == seed ? NT_OK : send_seed(crew, seed);
}

/* --- training --------------------------------------------------------------------------------- */

/* Bytes that training one seed takes, more or less. */
static nt_status find_memory(const nt_suite_work *work, double *ret) {
    const nt_recipe *recipe = work->suite->recipe;
    nt_step_graph *step;
    nt_plan *plan = NULL;
    double weights = 0;
    NT_TRY(nt_step_graph_new(work->network, recipe, &step, work->error));
    nt_status status = nt_plan_new(step->graph, recipe->batch, &plan, work->error);
    if (status == NT_OK) {
        for (size_t i = 0; i < nt_weights_count(work->weights); i++)
            weights += (double)nt_type_stored(nt_weights_at(work->weights, i).type) * sizeof(float);
        *ret = (double)plan->slab_size + weights * (2 + recipe->optimiser->slot_count);
    }
    nt_plan_free(plan);
    nt_step_graph_free(step);
    return status;
}

/* How many processes of each machine may train at once. */
static nt_status count_trainers(const nt_suite_work *work, int *ret) {
    nt_machine machine;
    double each;
    NT_TRY(find_memory(work, &each));
    nt_machine_look(&machine);
    double most = machine.available > 0 ? (double)machine.available / each : 1e9;
    *ret = most < 1 ? 1 : most > nt_dist_size() ? nt_dist_size() : (int)most;
    return NT_OK;
}

/* The ranks that train, `each` of those of a machine, take the seeds in turns. Returns how many
 * were sent any; those of rank 0 are in ret_own. */
static nt_status send_seeds(nt_suite_crew *crew, const int *seeds, int count, int each,
                            int *ret_sent, int *ret_own, int *ret_own_count) {
    int trainers = 0, here = nt_dist_local_size(), size = nt_dist_size();
    for (int r = 0; r < size; r++)
        trainers += r % here < each;
    for (int r = 0, turn = 0; r < size; r++) {
        nt_text text;
        int given = 0;
        if (r % here >= each || turn >= count)
            continue;
        nt_text_init(&text);
        nt_wire_put_int(&text, (count - turn - 1) / trainers + 1);
        for (int i = turn; i < count; i += trainers, given++) {
            nt_wire_put_int(&text, seeds[i]);
            if (r == 0)
                ret_own[(*ret_own_count)++] = seeds[i];
        }
        turn++;
        if (r == 0) {
            nt_text_finish(&text);
            continue;
        }
        (*ret_sent)++;
        NT_TRY(nt_wire_send(r, NT_WIRE_TRAIN, &text, crew->work->error));
    }
    return NT_OK;
}

static void stop_all(nt_suite_crew *crew) {
    for (int r = 1; r < crew->hands.count; r++)
        nt_dist_send(r, NT_WIRE_STOP, NULL, 0);
}

/* Once rank 0 is stopped, it waits for what the others save. */
static nt_status wait_for_trained(nt_suite_crew *crew, int sent, nt_status status) {
    bool told = false;
    while (sent > 0) {
        bool came;
        if (!told && (status != NT_OK || nt_signals_status() != NT_OK)) {
            stop_all(crew);
            told = true;
        }
        nt_dist_message_finish(&crew->message);
        if (nt_dist_receive(&crew->message, &came) != NT_OK)
            return nt_suite_no_memory(crew->work);
        if (!came) {
            nt_dist_pause();
            continue;
        }
        if (crew->message.kind == NT_DIST_FAILED)
            return lost(&crew->message, crew->work->error);
        nt_wire wire = nt_wire_of(crew->message.bytes, crew->message.size);
        nt_status theirs = (nt_status)nt_wire_int(&wire);
        const char *why = nt_wire_text(&wire);
        sent--;
        if (status == NT_OK && theirs != NT_OK)
            status = nt_error_say(crew->work->error, theirs, "process %d: %s", crew->message.from,
                                  why ? why : nt_status_text(theirs));
    }
    return status == NT_OK ? nt_signals_status() : status;
}

/* How many ranks can train one seed together: a part of the shards of a batch each. */
static int count_together(const nt_suite_work *work) {
    int shards = work->suite->recipe->shards, ranks = 1, size = nt_dist_size();
    while (2 * ranks <= size && 2 * ranks <= shards)
        ranks *= 2;
    return ranks;
}

static nt_status train_together(nt_suite_crew *crew, int s) {
    nt_suite_work *work = crew->work;
    int ranks = count_together(work);
    if (ranks == 1)
        nt_progress_note(work->options->progress,
                         "seed %d is trained by one process: with 'shards' in the recipe several "
                         "can train it together",
                         work->suite->seeds[s]);
    else
        nt_progress_note(work->options->progress, "seed %d is trained by %d processes together",
                         work->suite->seeds[s], ranks);
    for (int r = 1; r < ranks; r++) {
        nt_text text;
        nt_text_init(&text);
        nt_wire_put_int(&text, s);
        nt_wire_put_int(&text, ranks);
        NT_TRY(nt_wire_send(r, NT_WIRE_TOGETHER, &text, work->error));
    }
    return nt_suite_train_seed(work, s, ranks, work->error);
}

nt_status nt_suite_crew_train(nt_suite_crew *crew) {
    nt_suite_work *work = crew->work;
    const nt_suite *suite = work->suite;
    int *lacking = NT_ARENA_ARRAY(&work->arena, int, suite->seed_count);
    int *own = NT_ARENA_ARRAY(&work->arena, int, suite->seed_count);
    int count = 0, each = 1, sent = 0, own_count = 0;
    if (!lacking || !own)
        return nt_suite_no_memory(work);
    for (int s = 0; s < suite->seed_count; s++)
        if (!nt_suite_is_trained(work, s))
            lacking[count++] = s;
    if (count < 2)
        return count == 0 ? NT_OK : train_together(crew, lacking[0]);
    NT_TRY(count_trainers(work, &each));
    NT_TRY(send_seeds(crew, lacking, count, each, &sent, own, &own_count));
    nt_progress_note(work->options->progress, "training %d seeds, %d at once", count, sent + 1);
    nt_status status = NT_OK;
    for (int i = 0; status == NT_OK && i < own_count; i++)
        status = nt_suite_train_seed(work, own[i], 0, work->error);
    return wait_for_trained(crew, sent, status);
}
