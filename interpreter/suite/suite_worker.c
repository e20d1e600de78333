/* One message after the other, in their order: rank 0 sends nothing that it has not sent the means
 * for. While a seed is trained, a look at the messages between two steps finds what ends it. */
#include "suite_worker.h"

#include "case_batch.h"
#include "dist_same.h"
#include "signals.h"
#include "suite_crew.h"
#include "suite_run_private.h"
#include "suite_wire.h"
#include <string.h>

typedef struct worker {
    nt_suite_work *work;
    nt_arena arena; /* of the graph in hand */
    nt_measuring measuring;
    nt_case_batch batch; /* count 0: there is none */
    nt_derived_weights derived;
    int seed;
    bool over;
} worker;

static nt_status unreadable(const worker *w) {
    return nt_error_say(w->work->error, NT_FAILED, "rank 0 said something that can't be read");
}

static void drop_graph(worker *w) {
    nt_case_batch_finish(&w->batch);
    nt_derived_weights_finish(&w->derived);
    nt_arena_finish(&w->arena);
    nt_arena_init(&w->arena);
}

/* --- measuring -------------------------------------------------------------------------------- */

static nt_status take_seed(worker *w, nt_wire wire) {
    nt_suite_work *work = w->work;
    int s = (int)nt_wire_int(&wire);
    int32_t count = (int32_t)nt_wire_int(&wire);
    drop_graph(w);
    if (wire.failed || s < 0 || s >= work->suite->seed_count || count < 0 ||
        (size_t)count > wire.left)
        return unreadable(w);
    NT_TRY(nt_suite_remember(work, count));
    for (int32_t i = 0; i < count; i++)
        work->history.items[i].epoch = (int32_t)nt_wire_int(&wire);
    if (wire.failed)
        return unreadable(w);
    nt_suite_crew_share(work->weights);
    for (int32_t i = 0; i < count; i++)
        nt_suite_crew_share(work->history.items[i].weights);
    w->seed = s;
    return s > 0 && work->calibration ? nt_suite_draw_calibration(work, s, work->error) : NT_OK;
}

static nt_status take_graph(worker *w, nt_wire wire) {
    nt_suite_work *work = w->work;
    drop_graph(w);
    nt_wire_int(&wire);
    bool held_out = nt_wire_int(&wire) != 0;
    const char *required = nt_wire_text(&wire);
    int32_t count = (int32_t)nt_wire_int(&wire);
    if (wire.failed || !required || count < 1 || (size_t)count > wire.left)
        return unreadable(w);
    nt_subject *subjects = NT_ARENA_ARRAY(&w->arena, nt_subject, count);
    nt_subject **all = NT_ARENA_ARRAY(&w->arena, nt_subject *, count);
    required = nt_arena_string(&w->arena, required);
    if (!subjects || !all || !required)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < count; i++) {
        const char *key = nt_wire_text(&wire);
        if (!key || strlen(key) >= sizeof subjects[i].key)
            return unreadable(w);
        strcpy(subjects[i].key, key);
        subjects[i].edits = nt_wire_edits(&wire, &w->arena);
        all[i] = &subjects[i];
    }
    if (wire.failed)
        return unreadable(w);
    const nt_loader *loader = held_out ? work->held_out : work->loader;
    NT_TRY(nt_suite_measuring(work, w->seed, loader, &w->arena, &w->measuring));
    return nt_case_batch_init(&w->batch, &w->measuring, all, count, required, &w->derived, true,
                              work->error);
}

/* What a unit gave, or why it gave nothing. */
static nt_status answer(worker *w, int32_t unit, int32_t count, nt_status status, const char *why) {
    const nt_case_batch *b = &w->batch;
    nt_text text;
    nt_text_init(&text);
    nt_wire_put_int(&text, unit);
    nt_wire_put_int(&text, status);
    nt_wire_put_text(&text, why);
    nt_wire_put_int(&text, b->count);
    nt_wire_put_int(&text, count);
    nt_wire_put_bytes(&text, b->losses, (size_t)b->count * sizeof *b->losses);
    nt_wire_put_bytes(&text, b->outcomes,
                      (size_t)b->count * (size_t)count * (size_t)b->sample_bytes);
    return nt_wire_send(0, NT_WIRE_ANSWER, &text, w->work->error);
}

static nt_status take_unit(worker *w, nt_wire wire) {
    size_t size;
    int32_t unit = (int32_t)nt_wire_int(&wire), first = (int32_t)nt_wire_int(&wire),
            count = (int32_t)nt_wire_int(&wire);
    const void *losses = nt_wire_bytes(&wire, &size);
    if (wire.failed || size != (size_t)w->batch.count * sizeof *w->batch.losses || first < 0 ||
        count < 1 || count > NT_SHARD_SAMPLES ||
        first > nt_loader_count(w->measuring.loader) - count)
        return unreadable(w);
    nt_error own;
    memcpy(w->batch.losses, losses, size);
    nt_error_init(&own);
    nt_status status = nt_case_batch_compute(&w->batch, first, count, &own);
    const char *why = status == NT_OK ? NULL : nt_error_line(&own, status, &w->arena);
    nt_error_finish(&own);
    if (status != NT_OK && !why)
        return nt_suite_no_memory(w->work);
    return answer(w, unit, status == NT_OK ? count : 0, status, why);
}

/* --- training --------------------------------------------------------------------------------- */

static void look_for_end(void *context, const char *what, const char *detail, int64_t done,
                         int64_t total) {
    worker *w = context;
    nt_dist_message message;
    bool came;
    (void)what, (void)detail, (void)done, (void)total;
    if (nt_dist_receive(&message, &came) != NT_OK || !came)
        return;
    w->over = w->over || message.kind == NT_DIST_END;
    nt_dist_message_finish(&message);
    nt_signals_raise();
}

static nt_status train_seeds(worker *w, nt_wire wire, nt_error *error) {
    const nt_progress looking = {.step = look_for_end, .context = w};
    nt_suite_options options = *w->work->options;
    const nt_suite_options *kept = w->work->options;
    nt_status status = NT_OK;
    options.progress = &looking;
    w->work->options = &options;
    for (int64_t left = nt_wire_int(&wire); status == NT_OK && left > 0; left--) {
        int s = (int)nt_wire_int(&wire);
        if (wire.failed || s < 0 || s >= w->work->suite->seed_count)
            status = unreadable(w);
        else
            status = nt_suite_train_seed(w->work, s, 0, error);
    }
    w->work->options = kept;
    return status;
}

static nt_status take_training(worker *w, nt_wire wire) {
    nt_error own;
    nt_text text;
    nt_error_init(&own);
    nt_status status = train_seeds(w, wire, &own);
    nt_text_init(&text);
    nt_wire_put_int(&text, status);
    nt_wire_put_text(&text, own.count > 0 ? own.items[0].message : NULL);
    nt_error_finish(&own);
    return nt_wire_send(0, NT_WIRE_TRAINED, &text, w->work->error);
}

/* While it lasts, messages are training's; what goes wrong goes wrong with all. */
static nt_status take_part(worker *w, nt_wire wire) {
    int s = (int)nt_wire_int(&wire), ranks = (int)nt_wire_int(&wire);
    if (wire.failed || s < 0 || s >= w->work->suite->seed_count)
        return unreadable(w);
    return nt_suite_train_seed(w->work, s, ranks, w->work->error);
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status obey(worker *w, const nt_dist_message *message) {
    nt_wire wire = nt_wire_of(message->bytes, message->size);
    switch (message->kind) {
    case NT_DIST_END:
        w->over = true;
        return NT_OK;
    case NT_WIRE_SEED:
        return take_seed(w, wire);
    case NT_WIRE_GRAPH:
        return take_graph(w, wire);
    case NT_WIRE_UNIT:
        return take_unit(w, wire);
    case NT_WIRE_TRAIN:
        return take_training(w, wire);
    case NT_WIRE_TOGETHER:
        return take_part(w, wire);
    case NT_WIRE_STOP: /* it came too late */
        return NT_OK;
    default:
        return unreadable(w);
    }
}

static nt_status say_ready(worker *w) {
    const char *lines = nt_suite_crew_lines(w->work);
    nt_text text;
    if (!lines)
        return nt_suite_no_memory(w->work);
    nt_text_init(&text);
    nt_same_message(&text, lines);
    return nt_wire_send(0, NT_WIRE_READY, &text, w->work->error);
}

static nt_status serve(worker *w) {
    NT_TRY(say_ready(w));
    while (!w->over) {
        nt_dist_message message;
        bool came;
        if (nt_dist_receive(&message, &came) != NT_OK)
            return nt_suite_no_memory(w->work);
        if (!came) {
            nt_dist_pause();
            continue;
        }
        nt_status status = obey(w, &message);
        nt_dist_message_finish(&message);
        NT_TRY(status);
    }
    return NT_OK;
}

nt_status nt_suite_serve(nt_suite_work *work) {
    worker w = {.work = work};
    nt_arena_init(&w.arena);
    nt_status status = serve(&w);
    drop_graph(&w);
    nt_arena_finish(&w.arena);
    return status;
}
