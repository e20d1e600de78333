/* The order of things, until no unit is left: every other hand has up to two units, so that it
 * never waits for the next one; what has come back is saved; this process does a unit of its own,
 * or waits a moment. Nothing that is saved depends on who did what when: a unit's outcomes follow
 * from its graph and its samples, and the store has them under their key and shard. */
#include "case_units.h"

#include "alloc.h"
#include "unit_queue.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AHEAD = 2,        /* units that another hand has at once */
    UNITS_A_HAND = 3, /* that there should be at least, so that hands end together */
    FEWEST_CASES = 4  /* of a graph, if they are shared out */
};

/* One graph of cases. */
typedef struct group {
    nt_case_batch batch;
    nt_derived_weights derived;
    int64_t number; /* see nt_unit_order */
    double cost;    /* of one sample */
} group;

struct nt_case_units {
    const nt_measuring *m;
    const nt_subject *first;
    group *groups;
    int32_t group_count;
    size_t groups_size;
    int64_t alone; /* numbers of graphs where nobody else has any */
    group *at;     /* whose graph this process has memory for */
};

/* One call. */
typedef struct round {
    nt_case_units *all;
    nt_hands *hands;
    nt_unit *units;
    int32_t unit_count;
    nt_unit_queue *queue;
    int32_t *with; /* per hand: units that it has */
    nt_units_told told;
    void *context;
    nt_arena *arena; /* of failures */
    nt_error *error;
} round;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory sharing out cases");
}

/* --- graphs ----------------------------------------------------------------------------------- */

nt_status nt_case_units_new(const nt_measuring *m, const nt_subject *first, nt_case_units **ret,
                            nt_error *error) {
    nt_case_units *u = nt_alloc_zero(sizeof *u);
    if (!u)
        return no_memory(error);
    u->m = m;
    u->first = first;
    *ret = u;
    return NT_OK;
}

/* A graph of cases takes much memory to run: this process has it for one at a time. */
static nt_case_batch *go_to(nt_case_units *u, int32_t graph) {
    group *g = &u->groups[graph];
    if (u->at && u->at != g)
        nt_case_batch_rest(&u->at->batch);
    u->at = g;
    return &g->batch;
}

static void drop_groups(nt_case_units *u) {
    u->at = NULL;
    for (int32_t g = 0; g < u->group_count; g++) {
        nt_case_batch_finish(&u->groups[g].batch);
        nt_derived_weights_finish(&u->groups[g].derived);
    }
    nt_free(u->groups, u->groups_size);
    u->groups = NULL;
    u->group_count = 0;
}

void nt_case_units_free(nt_case_units *u) {
    if (!u)
        return;
    drop_groups(u);
    nt_free(u, sizeof *u);
}

static int compare(const void *a, const void *b) {
    const nt_subject *x = *(nt_subject *const *)a, *y = *(nt_subject *const *)b;
    int order = nt_edits_compare(&x->edits, &y->edits);
    return order != 0 ? order : strcmp(x->key, y->key);
}

static bool has_groups(const nt_case_units *u, nt_subject **subjects, int32_t count,
                       int32_t parts) {
    if (u->group_count != parts)
        return false;
    for (int32_t g = 0; g < parts; g++) {
        int32_t from = (int32_t)((int64_t)count * g / parts);
        int32_t to = (int32_t)((int64_t)count * (g + 1) / parts);
        if (!nt_case_batch_is_of(&u->groups[g].batch, subjects + from, to - from))
            return false;
    }
    return true;
}

/* Equal numbers of neighbours in each of `parts` graphs, which may be those of the last call. */
static nt_status make_groups(nt_case_units *u, nt_subject **subjects, int32_t count, int32_t parts,
                             nt_error *error) {
    int64_t *numbers = u->m->hands ? &u->m->hands->graphs : &u->alone;
    qsort(subjects, (size_t)count, sizeof *subjects, compare);
    if (has_groups(u, subjects, count, parts))
        return NT_OK;
    drop_groups(u);
    u->groups_size = (size_t)parts * sizeof *u->groups;
    u->groups = nt_alloc_zero(u->groups_size);
    if (!u->groups)
        return no_memory(error);
    for (; u->group_count < parts; u->group_count++) {
        group *g = &u->groups[u->group_count];
        int32_t from = (int32_t)((int64_t)count * u->group_count / parts);
        int32_t to = (int32_t)((int64_t)count * (u->group_count + 1) / parts);
        g->number = (*numbers)++;
        nt_status status = nt_case_batch_init(&g->batch, u->m, subjects + from, to - from,
                                              u->first->key, &g->derived, true, error);
        if (status == NT_OK)
            status = nt_case_batch_cost(&g->batch, &g->cost, error);
        if (status != NT_OK) {
            nt_case_batch_finish(&g->batch);
            return status;
        }
    }
    return NT_OK;
}

/* How many graphs: one, unless there are too few pieces of samples for all hands. */
static int32_t parts_for(int32_t wanted, int32_t pieces, int32_t cases, bool one_by_one) {
    if (one_by_one)
        return cases;
    int32_t parts = (wanted + pieces - 1) / pieces, most = cases / FEWEST_CASES;
    parts = parts < most ? parts : most;
    return parts > 1 ? parts : 1;
}

/* --- units ------------------------------------------------------------------------------------ */

static int32_t pieces_of(int32_t from, int32_t to) {
    return (to - 1) / NT_SHARD_SAMPLES - from / NT_SHARD_SAMPLES + 1;
}

/* Of every graph, each piece of samples [from, to) that is in one shard. */
static nt_status list_units(round *r, int32_t from, int32_t to) {
    nt_case_units *u = r->all;
    int32_t room = u->group_count * pieces_of(from, to);
    r->units = nt_alloc((size_t)room * sizeof *r->units);
    if (!r->units)
        return no_memory(r->error);
    for (int32_t g = 0; g < u->group_count; g++)
        for (int32_t first = from, count; first < to; first += count) {
            int32_t rest = NT_SHARD_SAMPLES - first % NT_SHARD_SAMPLES;
            count = rest < to - first ? rest : to - first;
            r->units[r->unit_count++] = (nt_unit){g, first, count, u->groups[g].cost * count};
        }
    return NT_OK;
}

/* Leaves out what is saved already, as where an earlier run was ended. */
static nt_status leave_out_saved(round *r) {
    int32_t kept = 0;
    for (int32_t i = 0; i < r->unit_count; i++) {
        const nt_unit *unit = &r->units[i];
        const nt_case_batch *batch = &r->all->groups[unit->graph].batch;
        bool saved;
        NT_TRY(nt_case_batch_has(batch, unit->first, unit->count, &saved, r->error));
        if (saved)
            r->told(r->context, batch->count, unit->count);
        else
            r->units[kept++] = *unit;
    }
    r->unit_count = kept;
    return NT_OK;
}

static void finish(round *r, int32_t room) {
    nt_unit_queue_free(r->queue);
    nt_free(r->units, (size_t)room * sizeof *r->units);
    if (r->with)
        nt_free(r->with, (size_t)r->hands->count * sizeof *r->with);
}

/* --- by all hands ----------------------------------------------------------------------------- */

/* Once more, or for good. */
static nt_status note_failure(round *r, int32_t number, nt_status status, const char *why) {
    const nt_unit *unit = &r->units[number];
    if (status == NT_INTERRUPTED || status == NT_TERMINATED)
        return status;
    if (!nt_case_batch_may_pass(status))
        return nt_error_say(r->error, status, "%s", why);
    if (nt_unit_queue_failed(r->queue, number))
        return NT_OK;
    return nt_case_batch_give_up(&r->all->groups[unit->graph].batch, unit->first, unit->count, why,
                                 r->arena, r->error);
}

static nt_status save(round *r, int32_t number, const unsigned char *outcomes,
                      const double *losses) {
    const nt_unit *unit = &r->units[number];
    nt_case_batch *batch = &r->all->groups[unit->graph].batch;
    NT_TRY(nt_case_batch_save(batch, unit->first, unit->count, outcomes, losses, r->error));
    nt_unit_queue_done(r->queue, number);
    r->told(r->context, batch->count, unit->count);
    return NT_OK;
}

static nt_status give(round *r, int hand, int32_t number) {
    const nt_unit *unit = &r->units[number];
    group *g = &r->all->groups[unit->graph];
    NT_TRY(nt_case_batch_begin(&g->batch, unit->first, r->error));
    const nt_unit_order order = {.graph = g->number,
                                 .batch = &g->batch,
                                 .unit = number,
                                 .first = unit->first,
                                 .count = unit->count,
                                 .losses = g->batch.losses};
    r->with[hand]++;
    return r->hands->give(r->hands->context, hand, &order, r->error);
}

static nt_status give_all(round *r) {
    for (int ahead = 0; ahead < AHEAD; ahead++)
        for (int hand = 1; hand < r->hands->count; hand++) {
            int32_t number = r->with[hand] == ahead ? nt_unit_queue_next(r->queue, hand) : -1;
            if (number >= 0)
                NT_TRY(give(r, hand, number));
        }
    return NT_OK;
}

static nt_status take_one(round *r, bool *ret_came) {
    nt_unit_answer answer;
    NT_TRY(r->hands->take(r->hands->context, &answer, ret_came, r->error));
    if (!*ret_came)
        return NT_OK;
    r->with[answer.hand]--;
    if (answer.status != NT_OK)
        return note_failure(r, answer.unit, answer.status, answer.why);
    const nt_unit *unit = &r->units[answer.unit];
    nt_case_batch *batch = &r->all->groups[unit->graph].batch;
    if (answer.outputs != batch->count || answer.count != unit->count)
        return nt_error_say(r->error, NT_FAILED, "an answer of %d cases and %d images came for %d",
                            answer.outputs, answer.count, batch->count);
    NT_TRY(nt_case_batch_begin(batch, unit->first, r->error));
    return save(r, answer.unit, answer.outcomes, answer.losses);
}

static nt_status take_all(round *r, bool *ret_any) {
    bool came = true;
    *ret_any = false;
    while (came) {
        NT_TRY(take_one(r, &came));
        *ret_any = *ret_any || came;
    }
    return NT_OK;
}

/* A unit of this process's own, if there is one for it. */
static nt_status work_here(round *r, bool *ret_worked) {
    int32_t number = r->hands->alone ? -1 : nt_unit_queue_next(r->queue, 0);
    nt_error own;
    *ret_worked = number >= 0;
    if (number < 0)
        return NT_OK;
    const nt_unit *unit = &r->units[number];
    nt_case_batch *batch = go_to(r->all, unit->graph);
    NT_TRY(nt_case_batch_begin(batch, unit->first, r->error));
    nt_error_init(&own);
    nt_status status = nt_case_batch_compute(batch, unit->first, unit->count, &own);
    const char *why = status == NT_OK ? NULL : nt_error_line(&own, status, r->arena);
    nt_error_finish(&own);
    if (status == NT_OK)
        return save(r, number, batch->outcomes, batch->losses);
    return why ? note_failure(r, number, status, why) : no_memory(r->error);
}

static nt_status work_together(round *r) {
    while (nt_unit_queue_left(r->queue) > 0) {
        bool came, worked;
        NT_TRY(give_all(r));
        NT_TRY(take_all(r, &came));
        NT_TRY(give_all(r));
        NT_TRY(work_here(r, &worked));
        if (!came && !worked)
            r->hands->pause(r->hands->context);
    }
    return NT_OK;
}

nt_status nt_case_units_run(nt_case_units *u, nt_subject **subjects, int32_t count, int32_t samples,
                            nt_units_told told, void *context, nt_arena *arena, nt_error *error) {
    round r = {.all = u,
               .hands = u->m->hands,
               .told = told,
               .context = context,
               .arena = arena,
               .error = error};
    int32_t from = subjects[0]->done, wanted = UNITS_A_HAND * r.hands->count;
    int32_t parts = parts_for(wanted, pieces_of(from, samples), count, u->m->one_by_one);
    NT_TRY(make_groups(u, subjects, count, parts, error));
    int32_t room = u->group_count * pieces_of(from, samples);
    r.with = nt_alloc_zero((size_t)r.hands->count * sizeof *r.with);
    nt_status status = r.with ? list_units(&r, from, samples) : no_memory(error);
    if (status == NT_OK)
        status = leave_out_saved(&r);
    if (status == NT_OK &&
        nt_unit_queue_new(r.units, r.unit_count, u->group_count, r.hands->count, &r.queue) != NT_OK)
        status = no_memory(error);
    if (status == NT_OK)
        status = work_together(&r);
    finish(&r, room);
    return status;
}

/* --- a part of all ---------------------------------------------------------------------------- */

static bool is_mine(const round *r, nt_part part, int32_t unit) {
    return ((int64_t)part.seed * r->unit_count + unit) % part.of == part.number;
}

static int64_t count_mine(const round *r, nt_part part) {
    int64_t total = 0;
    for (int32_t i = 0; i < r->unit_count; i++)
        if (is_mine(r, part, i))
            total += (int64_t)r->units[i].count * r->all->groups[r->units[i].graph].batch.count;
    return total;
}

static nt_status run_mine(round *r, nt_part part, int32_t *ret_units, int32_t *ret_given_up) {
    for (int32_t i = 0; i < r->unit_count; i++) {
        const nt_unit *unit = &r->units[i];
        nt_case_batch *batch = &r->all->groups[unit->graph].batch;
        const char *why = NULL;
        bool saved;
        if (!is_mine(r, part, i))
            continue;
        NT_TRY(nt_case_batch_has(batch, unit->first, unit->count, &saved, r->error));
        if (!saved)
            NT_TRY(nt_case_batch_run(go_to(r->all, unit->graph), unit->first, unit->count, r->arena,
                                     &why, r->error));
        if (why)
            nt_progress_note(r->all->m->evaluation.progress,
                             "images %d to %d could not be evaluated, twice: %s", unit->first,
                             unit->first + unit->count - 1, why);
        else
            r->told(r->context, batch->count, unit->count);
        (*ret_units)++;
        *ret_given_up += why != NULL;
    }
    return NT_OK;
}

nt_status nt_case_units_run_part(nt_case_units *u, nt_subject **subjects, int32_t count,
                                 nt_part part, nt_units_told told, void *context,
                                 int64_t *ret_total, int32_t *ret_units, int32_t *ret_given_up,
                                 nt_arena *arena, nt_error *error) {
    round r = {.all = u, .told = told, .context = context, .arena = arena, .error = error};
    int32_t samples = nt_loader_count(u->m->loader), pieces = pieces_of(0, samples);
    int32_t parts = parts_for(part.of, pieces * part.seeds, count, u->m->one_by_one);
    *ret_units = *ret_given_up = 0;
    NT_TRY(make_groups(u, subjects, count, parts, error));
    nt_status status = list_units(&r, 0, samples);
    if (status == NT_OK)
        *ret_total = count_mine(&r, part);
    if (status == NT_OK)
        status = run_mine(&r, part, ret_units, ret_given_up);
    finish(&r, u->group_count * pieces);
    return status;
}
