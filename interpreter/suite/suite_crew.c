/* Rank 0 sends what a worker lacks right before what needs it: a seed's weights to all when the
 * seed is first measured, a graph's cases to one when it gets its first unit of them. */
#include "suite_crew.h"

#include "alloc.h"
#include "dist_same.h"
#include "signals.h"
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

nt_status nt_suite_crew_lost(const nt_dist_message *message, nt_error *error) {
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
        return nt_suite_crew_lost(&crew->message, error);
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
    nt_same_begin(&text, work->numerics);
    nt_text_printf(&text, "data %s\n", work->results->provenance.data);
    for (int32_t i = 0; i < work->source.file_count; i++)
        nt_text_printf(&text, "%s %s\n", work->source.files[i].file, work->source.files[i].digest);
    const char *lines = text.failed ? NULL : nt_arena_string((nt_arena *)&work->arena, text.bytes);
    nt_text_finish(&text);
    return lines;
}

static nt_status look_at_ready(nt_suite_crew *crew, const char *mine) {
    const nt_dist_message *message = &crew->message;
    if (message->kind == NT_DIST_FAILED)
        return nt_suite_crew_lost(message, crew->work->error);
    if (message->kind == NT_WIRE_READY)
        return nt_same_compare(message, mine, crew->work->error);
    return nt_error_say(crew->work->error, NT_FAILED,
                        "process %d said something that can't be read", message->from);
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
        nt_wire_put_int(&text, work->history.count);
        for (int32_t i = 0; i < work->history.count; i++)
            nt_wire_put_int(&text, work->history.items[i].epoch);
        NT_TRY(nt_wire_send(r, NT_WIRE_SEED, &text, work->error));
        crew->graphs[r] = NOTHING;
    }
    nt_suite_crew_share(work->weights);
    for (int32_t i = 0; i < work->history.count; i++)
        nt_suite_crew_share(work->history.items[i].weights);
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
