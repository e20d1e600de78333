/* The loop over epochs and steps. What a run becomes is decided by its identity alone (see
 * identity.h); the cursor says where it stands, and everything that a step needs besides the
 * state, its batch, its learning rate and its random draws, is a function of the cursor, so that a
 * resumed run repeats itself. */
#include "trainer.h"

#include "alloc.h"
#include "checkpoint.h"
#include "csv_out.h"
#include "dist.h"
#include "feeder.h"
#include "file.h"
#include "numerics.h"
#include "safetensors.h"
#include "signals.h"
#include "train_step.h"
#include "training_ranks.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct trainer {
    const nt_training *given;
    nt_weights *weights; /* the caller's: kept equal to the state's when it looks at them */
    nt_error *error;
    nt_arena arena;
    nt_train_step step;
    nt_feeder *feeder;
    nt_cursor cursor;
    nt_course course;
    int32_t steps;               /* an epoch */
    nt_text rows;                /* of metrics.csv: those of the epochs before the one in hand */
    int ranks;                   /* at least 1 */
    bool first;                  /* rank 0, who has the folder */
    const nt_progress *progress; /* rank 0's */
    nt_status stop;              /* what all ranks agree on: whether to stop after this step */
    const char *numerics;        /* of this process */
    nt_run_mark mark;
    const char *weights_path;
    double saved_at, epoch_began;
} trainer;

#define ANOTHER "choose another folder, or remove this one to train anew"
#define DIVERGED "lower the learning rate, and train in another folder or remove this one"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- numerics --------------------------------------------------------------------------------- */

static bool has_line(const char *lines, const char *line) {
    size_t length = strlen(line);
    for (const char *at = lines; (at = strstr(at, line)); at++)
        if ((at == lines || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0'))
            return true;
    return false;
}

static nt_status describe_numerics(trainer *t) {
    nt_text now;
    nt_text_init(&now);
    nt_numerics_describe(t->given->recipe->conv, &now);
    if (t->ranks > 1 && t->given->any_order)
        nt_text_add(&now, "; gradients summed by MPI");
    t->numerics = now.failed ? NULL : nt_arena_string(&t->arena, now.bytes);
    nt_text_finish(&now);
    return t->numerics ? NT_OK : nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
}

/* Those of this process come to those that took part before, which may be NULL. */
static nt_status take_part(trainer *t, const char *before) {
    const char *numerics = !before ? t->numerics
                           : has_line(before, t->numerics)
                               ? before
                               : nt_arena_printf(&t->arena, "%s\n%s", before, t->numerics);
    if (!numerics)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    if (before && numerics != before)
        nt_progress_note(t->progress, "this run was begun with '%.*s'; it goes on with '%s'",
                         (int)strcspn(before, "\n"), before, t->numerics);
    t->mark.numerics = numerics;
    return NT_OK;
}

/* --- one step --------------------------------------------------------------------------------- */

/* Step `step` of the epoch in hand. */
static nt_moment moment_of(const trainer *t, int32_t step) {
    return (nt_moment){.step = (int64_t)t->cursor.epoch * t->steps + step,
                       .steps = (int64_t)t->given->recipe->epochs * t->steps,
                       .per_epoch = t->steps};
}

static double rate_of(const trainer *t, int32_t step) {
    const nt_recipe *recipe = t->given->recipe;
    return recipe->schedule->rate(recipe->schedule_options, moment_of(t, step));
}

/* What a user should know when the loss is not finite. */
static nt_status report_divergence(trainer *t, const float *images, const int32_t *labels,
                                   uint64_t draw) {
    const nt_node *node;
    NT_TRY(nt_train_step_find_culprit(&t->step, images, labels, draw, &node, t->error));
    const char *culprit =
        node ? nt_arena_printf(&t->arena, "'%s' (%s%s)", node->name, node->op->kind.name,
                               node->grad ? ", its gradient" : "")
             : "";
    if (!culprit)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    if (t->ranks > 1)
        NT_TRY(nt_ranks_blame(t->ranks, &culprit, &t->arena, t->error));
    nt_error_say(t->error, NT_FAILED,
                 "the loss is not finite at epoch %d, step %d: the first such value is in %s",
                 t->cursor.epoch + 1, t->cursor.step + 1, *culprit ? culprit : "'?' (?)");
    nt_error_hint(t->error, DIVERGED);
    return NT_FAILED;
}

static nt_status train_step(trainer *t) {
    nt_moment moment = moment_of(t, t->cursor.step);
    const float *images;
    const int32_t *labels;
    float loss;
    NT_TRY(nt_feeder_next(t->feeder, &images, &labels, t->error));
    /* Each number is hashed before the next one joins, so that seeds don't share their draws. */
    uint64_t draw = nt_hash_word(nt_hash_word(0, (uint64_t)t->given->seed), (uint64_t)moment.step);
    nt_step_moment at = {rate_of(t, t->cursor.step), moment.step + 1, draw};
    NT_TRY(nt_train_step_run(&t->step, images, labels, at, &loss, t->error));
    if (!isfinite(loss))
        return report_divergence(t, images, labels, draw);
    nt_train_count count = nt_train_step_count(&t->step, labels);
    if (t->ranks > 1)
        NT_TRY(nt_ranks_agree(t->ranks, &count, &t->stop, t->error));
    t->cursor.loss_sum += (double)loss * t->given->recipe->batch;
    t->cursor.correct += count.correct;
    t->cursor.counted += count.counted;
    t->cursor.step++;
    return NT_OK;
}

/* NT_OK, or the signal after which all ranks stop here. */
static nt_status stop_of(const trainer *t) {
    return t->ranks > 1 ? t->stop : nt_signals_status();
}

/* --- epochs ----------------------------------------------------------------------------------- */

/* The network's tensors are the first of the state's. */
static void copy_out(const trainer *t) {
    nt_weights_copy(t->step.state->weights, t->weights);
}

/* A step that diverged shows in the next one's loss; what is saved must not have. */
static nt_status check_finite(const trainer *t) {
    const nt_weights *weights = t->step.state->weights;
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        const nt_state *state = &nt_weights_network(weights)->states[i];
        nt_tensor tensor = nt_weights_at(weights, i);
        if (nt_state_flaw(state, tensor.f, nt_type_stored(tensor.type)) < 0)
            continue;
        if (t->cursor.step == 0)
            nt_error_say(t->error, NT_FAILED, "after epoch %d '%s' is not finite", t->cursor.epoch,
                         state->name);
        else
            nt_error_say(t->error, NT_FAILED, "after epoch %d, step %d '%s' is not finite",
                         t->cursor.epoch + 1, t->cursor.step, state->name);
        nt_error_hint(t->error, DIVERGED);
        return NT_FAILED;
    }
    return NT_OK;
}

static nt_status save(trainer *t) {
    if (!t->first)
        return NT_OK;
    NT_TRY(check_finite(t));
    nt_cursor cursor = t->cursor;
    cursor.seconds += now() - t->epoch_began;
    t->saved_at = now();
    return nt_checkpoint_save(t->given->folder, t->step.state, &cursor, &t->course, &t->mark,
                              t->error);
}

/* Of what counts; NaN: nothing does. */
static double accuracy_of(const nt_cursor *cursor) {
    return cursor->counted ? (double)cursor->correct / (double)cursor->counted : (double)NAN;
}

enum { SHARE = 16 };

static const char *share_in(char ret[SHARE], double share) {
    if (isnan(share))
        return "–";
    snprintf(ret, SHARE, "%.4f", share);
    return ret;
}

/* --- metrics.csv ------------------------------------------------------------------------------ */

static const char *metrics_path(trainer *t) {
    return nt_arena_printf(&t->arena, "%s/metrics.csv", t->given->folder);
}

/* The rows of the epochs before the one in hand, as an earlier process wrote them. They are read
 * before anything is trained: what can't be read now would be lost at the next epoch's end. */
static nt_status read_metrics(trainer *t) {
    enum { LARGEST = 1 << 28 };
    const char *path = metrics_path(t);
    nt_bytes old;
    if (!path)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    if (t->cursor.epoch == 0)
        return NT_OK;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        nt_progress_note(t->progress, "%s is gone: it will lack the epochs up to %d", path,
                         t->cursor.epoch);
        return NT_OK;
    }
    NT_TRY(nt_file_read(path, LARGEST, &old, t->error));
    const char *line = strchr((const char *)old.bytes, '\n');
    int32_t row = 0;
    for (; line && line[1] && row < t->cursor.epoch; row++) {
        const char *end = strchr(line + 1, '\n');
        if (!end || strtol(line + 1, NULL, 10) != row + 1)
            break;
        nt_text_add_bytes(&t->rows, line + 1, (size_t)(end - line));
        line = end;
    }
    nt_bytes_finish(&old);
    if (t->rows.failed)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    if (row < t->cursor.epoch)
        nt_progress_note(t->progress, "%s has the epochs up to %d: it will lack those up to %d",
                         path, row, t->cursor.epoch);
    return NT_OK;
}

/* A row for each complete epoch; a resumed run keeps those before its own. */
static nt_status write_metrics(trainer *t, const nt_epoch *epoch) {
    const char *path = metrics_path(t);
    nt_text text;
    if (!path)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    nt_text_printf(&t->rows, "%d,%.6g,%.6f", epoch->epoch, epoch->rate, epoch->loss);
    nt_csv_real(&t->rows, epoch->accuracy);
    nt_csv_real(&t->rows, epoch->held_loss);
    nt_csv_real(&t->rows, epoch->held_value);
    nt_text_printf(&t->rows, ",%.3f\n", epoch->seconds);
    nt_text_init(&text);
    nt_text_printf(&text, "epoch,rate,loss,accuracy,held_out_loss,held_out_%s,seconds\n",
                   t->given->measured ? t->given->measured : "accuracy");
    nt_text_add(&text, t->rows.bytes);
    nt_status status = text.failed || t->rows.failed
                           ? nt_error_say(t->error, NT_NO_MEMORY, "out of memory")
                           : nt_file_replace(path, text.bytes, text.length, t->error);
    nt_text_finish(&text);
    return status;
}

/* --- what is kept of an epoch ----------------------------------------------------------------- */

static nt_status interrupted(trainer *t, nt_status status) {
    NT_TRY(save(t));
    nt_error_say(t->error, status, "%s at epoch %d, step %d; the state is saved",
                 nt_status_text(status), t->cursor.epoch + 1, t->cursor.step);
    nt_error_hint(t->error, "give the same command to go on");
    return status;
}

/* After a signal that all ranks know of; none says that it ends before rank 0 has saved. */
static nt_status stop(trainer *t) {
    nt_status status = interrupted(t, stop_of(t));
    if (t->ranks > 1 && status == stop_of(t))
        NT_TRY(nt_ranks_end(t->ranks, t->error));
    return status;
}

const char *nt_snapshot_path(nt_arena *arena, const char *folder, int32_t epoch, int32_t epochs) {
    if (epoch == 0 || epoch == epochs)
        return nt_arena_printf(arena, "%s/%s", folder,
                               epoch == 0 ? NT_INITIAL_FILE : NT_WEIGHTS_FILE);
    return nt_arena_printf(arena, "%s/epoch-%d.safetensors", folder, epoch);
}

/* Before the checkpoint that goes on from here, so that none is left out. */
static nt_status keep_snapshot(trainer *t, int32_t epoch) {
    const nt_recipe *recipe = t->given->recipe;
    bool wanted = false;
    for (int32_t i = 0; i < recipe->snapshot_count; i++)
        wanted = wanted || recipe->snapshots[i] == epoch;
    if (!wanted || epoch == recipe->epochs)
        return NT_OK;
    const char *path = nt_snapshot_path(&t->arena, t->given->folder, epoch, recipe->epochs);
    if (!path)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    copy_out(t);
    return nt_safetensors_write(path, t->weights, NULL, t->error);
}

/* What rank 0 does after an epoch, while the others are already waiting for its next step. */
static nt_status record_epoch(trainer *t) {
    const nt_training *given = t->given;
    double images = (double)t->steps * given->recipe->batch;
    nt_epoch epoch = {.epoch = t->cursor.epoch + 1,
                      .rate = rate_of(t, t->steps - 1),
                      .loss = t->cursor.loss_sum / images,
                      .accuracy = accuracy_of(&t->cursor),
                      .held_loss = NAN,
                      .held_value = NAN,
                      .seconds = t->cursor.seconds + now() - t->epoch_began};
    if (given->measure) {
        copy_out(t);
        nt_status status = given->measure(given->measure_context, t->weights, &epoch.held_loss,
                                          &epoch.held_value, t->error);
        if (status == NT_INTERRUPTED || status == NT_TERMINATED)
            return interrupted(t, status);
        NT_TRY(status);
    }
    NT_TRY(write_metrics(t, &epoch));
    NT_TRY(keep_snapshot(t, epoch.epoch));
    t->cursor = (nt_cursor){.epoch = epoch.epoch};
    t->epoch_began = now();
    NT_TRY(save(t));
    char held[64] = "", share[SHARE];
    if (given->measure)
        snprintf(held, sizeof held, ", held-out %s %s", given->measured,
                 share_in(share, epoch.held_value));
    nt_progress_note(t->progress,
                     "epoch %d of %d: loss %.4f, accuracy %s%s, rate %.3g, %.0f images/s",
                     epoch.epoch, given->recipe->epochs, epoch.loss,
                     share_in(share, epoch.accuracy), held, epoch.rate, images / epoch.seconds);
    return NT_OK;
}

static nt_status end_epoch(trainer *t) {
    if (t->ranks > 1)
        NT_TRY(nt_ranks_compare_weights(t->ranks, t->step.state->weights, t->error));
    if (t->first)
        return record_epoch(t);
    t->cursor = (nt_cursor){.epoch = t->cursor.epoch + 1};
    return NT_OK;
}

static void report_step(const trainer *t) {
    char what[64], detail[96];
    const nt_recipe *recipe = t->given->recipe;
    char accuracy[SHARE];
    double seen = (double)t->cursor.step * recipe->batch;
    snprintf(what, sizeof what, "training, %d epochs", recipe->epochs);
    snprintf(detail, sizeof detail, "epoch %d, loss %.4f, accuracy %s", t->cursor.epoch + 1,
             t->cursor.loss_sum / seen, share_in(accuracy, accuracy_of(&t->cursor)));
    nt_progress_step(t->progress, what, detail,
                     ((int64_t)t->cursor.epoch * t->steps + t->cursor.step) * recipe->batch,
                     (int64_t)recipe->epochs * t->steps * recipe->batch);
}

static nt_status train_all(trainer *t) {
    double every = t->given->recipe->checkpoint_every;
    t->epoch_began = t->saved_at = now();
    while (t->cursor.epoch < t->given->recipe->epochs) {
        while (t->cursor.step < t->steps) {
            NT_TRY(train_step(t));
            report_step(t);
            if (stop_of(t) != NT_OK)
                return stop(t);
            if (every > 0 && now() - t->saved_at > every)
                NT_TRY(save(t));
        }
        NT_TRY(end_epoch(t));
        if (stop_of(t) != NT_OK && t->cursor.epoch < t->given->recipe->epochs)
            return stop(t);
    }
    copy_out(t);
    return NT_OK;
}

/* --- beginning -------------------------------------------------------------------------------- */

static nt_status find_initial(trainer *t) {
    const nt_weights *initial = t->given->initial;
    if (!initial && nt_weights_init(t->weights, (uint64_t)t->given->seed) != NT_OK)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    nt_weights_copy(initial ? initial : t->weights, t->step.state->weights);
    if (t->given->derived)
        return NT_OK;
    const char *path = nt_arena_printf(&t->arena, "%s/" NT_INITIAL_FILE, t->given->folder);
    if (!path)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    return nt_safetensors_write(path, initial ? initial : t->weights, NULL, t->error);
}

static nt_status begin(trainer *t) {
    nt_checkpoint from;
    NT_TRY(nt_checkpoint_load(t->given->folder, t->step.state, &t->mark.identity, &t->course,
                              &t->arena, &from, t->error));
    if (from.found == NT_FOUND_NONE) {
        NT_TRY(take_part(t, NULL));
        return find_initial(t);
    }
    if (from.found == NT_FOUND_OTHER)
        nt_progress_note(t->progress, "%s; the other checkpoint is used",
                         from.damage ? from.damage : "a checkpoint is damaged");
    t->cursor = from.cursor;
    if (t->cursor.counted < 0) /* then every target was counted */
        t->cursor.counted = (int64_t)t->cursor.step * t->given->recipe->batch *
                            nt_loader_target_size(t->given->loader);
    nt_progress_note(t->progress, "resuming at epoch %d, step %d", t->cursor.epoch + 1,
                     t->cursor.step);
    NT_TRY(read_metrics(t));
    return take_part(t, from.numerics);
}

/* --- what an earlier run of the same command has finished ------------------------------------- */

/* Whether the weights are those of this very run, as far as they say. */
static nt_status check_run(trainer *t, const nt_metadata *metadata) {
    nt_identity theirs;
    nt_text words;
    const char *foreign = nt_identity_read(metadata, &theirs);
    if (foreign) {
        nt_error_in(t->error, NT_INVALID, t->weights_path, -1, "%s", foreign);
        nt_error_hint(t->error, "train anew in another folder, or give this file under 'weights:' "
                                "in place of 'train:'");
        return NT_INVALID;
    }
    nt_text_init(&words);
    bool other = nt_identity_difference(&theirs, &t->mark.identity, &words);
    if (other) {
        nt_error_in(t->error, NT_INVALID, t->weights_path, -1, "holds weights of another run: %s",
                    words.bytes);
        nt_error_hint(t->error, ANOTHER);
    }
    nt_text_finish(&words);
    return other ? NT_INVALID : NT_OK;
}

static nt_status read_tensors(trainer *t, const nt_metadata *metadata) {
    char digest[NT_DIGEST_HEX];
    const char *expected = nt_metadata_find(metadata, "tensors");
    nt_status status = nt_safetensors_read(t->weights_path, t->weights, NULL, t->error);
    if (status == NT_OK && !nt_weights_digest(t->weights, digest))
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK && (!expected || strcmp(expected, digest) != 0))
        status = nt_error_in(t->error, NT_INVALID, t->weights_path, -1,
                             "is damaged: its checksum is wrong");
    if (status == NT_INVALID)
        nt_error_hint(t->error, ANOTHER);
    return status;
}

static nt_status read_finished(trainer *t, bool *ret_found) {
    const nt_metadata *metadata;
    *ret_found = access(t->weights_path, F_OK) == 0;
    if (!*ret_found)
        return NT_OK;
    nt_status status = nt_safetensors_metadata(t->weights_path, &t->arena, &metadata, t->error);
    if (status == NT_INVALID)
        nt_error_hint(t->error, ANOTHER);
    NT_TRY(status);
    NT_TRY(check_run(t, metadata));
    return read_tensors(t, metadata);
}

static nt_status write_finished(trainer *t) {
    char digest[NT_DIGEST_HEX];
    nt_metadata metadata[NT_IDENTITY_ENTRIES + 3];
    if (!nt_weights_digest(t->weights, digest))
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    int count = nt_identity_write(&t->mark.identity, metadata);
    metadata[count++] = (nt_metadata){NT_NUMERICS_KEY, t->mark.numerics};
    metadata[count++] = (nt_metadata){"tensors", digest};
    metadata[count] = (nt_metadata){NULL, NULL};
    return nt_safetensors_write(t->weights_path, t->weights, metadata, t->error);
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status check_ranks(const trainer *t) {
    int ranks = t->ranks, shards = t->given->recipe->shards, there = nt_dist_size();
    if (ranks == 1)
        return NT_OK;
    if (ranks > shards || (ranks & (ranks - 1)) != 0) {
        nt_error_say(t->error, NT_INVALID, "batches in %d shard%s can't be trained on by %d ranks",
                     shards > 1 ? shards : 1, shards > 1 ? "s" : "", ranks);
        nt_error_hint(t->error, "take a power of two of them, at most train.shards");
        return NT_INVALID;
    }
    if (ranks > there || (t->given->any_order && ranks < there))
        return nt_error_say(t->error, NT_FAILED, "%d ranks can't train: there are %d", ranks,
                            there);
    return NT_OK;
}

/* Of each batch a rank is fed with its own shards. */
static nt_status make_feeder(trainer *t) {
    const nt_training *given = t->given;
    const nt_recipe *recipe = given->recipe;
    int32_t part = recipe->batch / t->ranks;
    NT_TRY(nt_feeder_new(given->loader, recipe->augment, recipe->augment_count, recipe->batch,
                         (uint64_t)given->seed, &t->feeder, t->error));
    if (t->ranks > 1)
        nt_feeder_keep(t->feeder, nt_dist_rank() * part, part);
    t->steps = nt_feeder_steps(t->feeder);
    t->course = (nt_course){.epochs = recipe->epochs,
                            .steps = t->steps,
                            .targets = recipe->batch * nt_loader_target_size(given->loader)};
    return NT_OK;
}

static nt_status set_up(trainer *t) {
    const nt_training *given = t->given;
    NT_TRY(check_ranks(t));
    NT_TRY(make_feeder(t));
    NT_TRY(nt_train_step_init(&t->step, given->network, given->recipe, t->error));
    NT_TRY(describe_numerics(t));
    if (nt_identity_find(given, &t->mark.identity) != NT_OK)
        return nt_error_say(t->error, NT_NO_MEMORY, "out of memory");
    return t->ranks > 1 ? nt_ranks_compare(t->ranks, &t->mark.identity, t->numerics, t->error)
                        : NT_OK;
}

/* Whether this very run is finished; if not, rank 0 has where it begins. */
static nt_status look_into_folder(trainer *t, bool *ret_finished) {
    if (t->first) {
        NT_TRY(read_finished(t, ret_finished));
        nt_folder_sweep(t->given->folder);
    }
    if (*ret_finished)
        return NT_OK;
    const nt_spread spread = {t->ranks, t->given->any_order};
    NT_TRY(nt_train_step_prepare(&t->step, spread, t->error));
    return t->first ? begin(t) : NT_OK;
}

/* All ranks come to where rank 0 stands. */
static nt_status come_together(trainer *t, bool *finished) {
    nt_beginning beginning = {.finished = *finished, .cursor = t->cursor};
    NT_TRY(nt_ranks_begin(t->ranks, &beginning, t->error));
    *finished = beginning.finished;
    t->cursor = beginning.cursor;
    return nt_ranks_share(t->ranks, *finished ? t->weights : t->step.state->weights, t->error);
}

static nt_status run(trainer *t) {
    bool finished = false;
    NT_TRY(set_up(t));
    NT_TRY(look_into_folder(t, &finished));
    if (t->ranks > 1)
        NT_TRY(come_together(t, &finished));
    if (!finished) {
        NT_TRY(nt_feeder_seek(t->feeder, t->cursor.epoch, t->cursor.step, t->error));
        NT_TRY(train_all(t));
        if (t->first)
            NT_TRY(write_finished(t));
    }
    if (t->first)
        nt_checkpoint_remove(t->given->folder);
    return t->ranks > 1 ? nt_ranks_end(t->ranks, t->error) : NT_OK;
}

nt_status nt_train(const nt_training *training, nt_weights *weights, nt_error *error) {
    trainer t = {.given = training, .weights = weights, .error = error};
    t.ranks = training->ranks > 1 ? training->ranks : 1;
    t.first = t.ranks == 1 || nt_dist_rank() == 0;
    t.progress = t.first ? training->progress : NULL;
    nt_arena_init(&t.arena);
    nt_text_init(&t.rows);
    t.weights_path = nt_arena_printf(&t.arena, "%s/" NT_WEIGHTS_FILE, training->folder);
    nt_status status =
        t.weights_path ? run(&t) : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_feeder_free(t.feeder);
    nt_train_step_finish(&t.step);
    nt_text_finish(&t.rows);
    nt_arena_finish(&t.arena);
    return status;
}
