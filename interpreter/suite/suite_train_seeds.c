/* Seeds know nothing of each other, so that each trained by one rank is the better plan: nothing is
 * sent while they train. A single one is cut into shards of its batches, if its recipe says so. */
#include "suite_train_seeds.h"

#include "dist.h"
#include "machine.h"
#include "plan.h"
#include "signals.h"
#include "step_graph.h"
#include "suite_crew.h"
#include "suite_run_private.h"
#include "suite_wire.h"

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
static nt_status send_seeds(const nt_suite_work *work, const int *seeds, int count, int each,
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
        NT_TRY(nt_wire_send(r, NT_WIRE_TRAIN, &text, work->error));
    }
    return NT_OK;
}

static void stop_all(void) {
    for (int r = 1; r < nt_dist_size(); r++)
        nt_dist_send(r, NT_WIRE_STOP, NULL, 0);
}

/* What one has to say: that its seeds are trained, or why not. */
static nt_status hear(const nt_dist_message *message, nt_error *error) {
    if (message->kind == NT_DIST_FAILED)
        return nt_suite_crew_lost(message, error);
    nt_wire wire = nt_wire_of(message->bytes, message->size);
    nt_status theirs = (nt_status)nt_wire_int(&wire);
    const char *why = nt_wire_text(&wire);
    return theirs == NT_OK ? NT_OK
                           : nt_error_say(error, theirs, "process %d: %s", message->from,
                                          why ? why : nt_status_text(theirs));
}

/* Once something has ended rank 0's own training, it waits for what the others save. */
static nt_status wait_for_others(const nt_suite_work *work, int left, nt_status status) {
    bool told = false;
    while (left > 0) {
        nt_dist_message message;
        bool came;
        if (!told && (status != NT_OK || nt_signals_status() != NT_OK)) {
            stop_all();
            told = true;
        }
        if (nt_dist_receive(&message, &came) != NT_OK)
            return nt_suite_no_memory(work);
        if (!came) {
            nt_dist_pause();
            continue;
        }
        bool lost = message.kind == NT_DIST_FAILED;
        status = status == NT_OK ? hear(&message, work->error) : status;
        nt_dist_message_finish(&message);
        if (lost)
            return status;
        left--;
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

static nt_status train_together(nt_suite_work *work, int s) {
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

nt_status nt_suite_train_seeds(nt_suite_work *work) {
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
        return count == 0 ? NT_OK : train_together(work, lacking[0]);
    NT_TRY(count_trainers(work, &each));
    NT_TRY(send_seeds(work, lacking, count, each, &sent, own, &own_count));
    nt_progress_note(work->options->progress, "training %d seeds, %d at once", count, sent + 1);
    nt_status status = NT_OK;
    for (int i = 0; status == NT_OK && i < own_count; i++)
        status = nt_suite_train_seed(work, own[i], 0, work->error);
    return wait_for_others(work, sent, status);
}
