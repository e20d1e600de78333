#include "run_state_print.h"

#include "json_out.h"
#include <time.h>

/* --- words ------------------------------------------------------------------------------------ */

void nt_add_bytes(nt_text *text, int64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    int unit = 0;
    while (size >= 999.5 && unit < 4) {
        size /= 1000;
        unit++;
    }
    nt_text_printf(text,
                   unit == 0      ? "%.0f %s"
                   : size < 99.95 ? "%.1f %s"
                                  : "%.0f %s",
                   size, units[unit]);
}

void nt_add_time(nt_text *text, int64_t seconds) {
    char words[32];
    time_t when = (time_t)seconds;
    struct tm parts;
    if (seconds != 0 && localtime_r(&when, &parts) &&
        strftime(words, sizeof words, "%Y-%m-%d %H:%M", &parts) > 0)
        nt_text_add(text, words);
}

/* The seed in hand: the first that has no weights yet. */
static const nt_seed_state *seed_in_hand(const nt_run_state *state) {
    for (int32_t s = 0; state->seeds && s < state->seed_count; s++)
        if (!state->seeds[s].trained)
            return &state->seeds[s];
    return NULL;
}

static void add_training(const nt_run_state *state, nt_text *text) {
    const nt_seed_state *seed = seed_in_hand(state);
    nt_text_printf(text, ": %d of %d seed%s", (int)state->trained, (int)state->seed_count,
                   state->seed_count == 1 ? "" : "s");
    if (!seed || (seed->epoch == 0 && seed->step == 0))
        return;
    nt_text_printf(text, ", seed %d has %d of %d epochs", (int)seed->seed, (int)seed->epoch,
                   (int)state->epochs);
    if (seed->step > 0)
        nt_text_printf(text, " and %d steps", (int)seed->step);
}

static void add_measuring(const nt_run_state *state, nt_text *text) {
    nt_text_add(text, ": ");
    nt_text_count(text, state->shards);
    if (state->total > 0) {
        nt_text_add(text, state->early ? " of at most " : " of ");
        nt_text_count(text, state->total);
    }
    nt_text_add(text, " shards");
}

void nt_run_state_add_stage(const nt_run_state *state, nt_text *text) {
    nt_text_add(text, nt_run_stages[state->stage]);
    if (state->stage == NT_RUN_TRAINING)
        add_training(state, text);
    if (state->stage == NT_RUN_MEASURING)
        add_measuring(state, text);
    if (state->stage == NT_RUN_UNKNOWN && state->why)
        nt_text_printf(text, ": %s", state->why);
    if (state->failures > 0)
        nt_text_printf(text, ", %d case%s without numbers", (int)state->failures,
                       state->failures == 1 ? "" : "s");
    if (state->parts > 0)
        nt_text_printf(text, ", %d part%s", (int)state->parts, state->parts == 1 ? "" : "s");
    if (state->in_use)
        nt_text_add(text, ", at work");
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *seed_json(const nt_run_state *state, const nt_seed_state *seed) {
    bool rows = seed->epochs > 0;
    if (state->epochs == 0)
        return json_pack("{s:i}", "seed", (int)seed->seed);
    return json_pack("{s:i, s:b, s:i, s:i, s:b, s:o, s:o, s:o, s:o}", "seed", (int)seed->seed,
                     "trained", seed->trained, "epochs", (int)seed->epoch, "steps", (int)seed->step,
                     "checkpoint", seed->checkpoint, "loss",
                     rows ? nt_json_real(seed->loss) : json_null(), "accuracy",
                     rows ? nt_json_real(seed->accuracy) : json_null(), "held_out_loss",
                     rows ? nt_json_real(seed->held_loss) : json_null(), "held_out_value",
                     rows ? nt_json_real(seed->held_value) : json_null());
}

json_t *nt_run_state_json(const nt_run_state *state) {
    json_t *seeds = json_array();
    for (int32_t s = 0; state->seeds && s < state->seed_count; s++)
        seeds = nt_json_append(seeds, seed_json(state, &state->seeds[s]));
    json_t *total = state->total > 0 ? json_integer(state->total) : json_null();
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:i, s:i, s:i, s:i, s:I, s:o, s:i, s:i, s:I, "
        "s:I, s:o, s:o}",
        "run", nt_json_text(state->folder), "suite", state->name, "network", state->network, "data",
        state->data, "state", nt_run_stages[state->stage], "why", nt_json_text(state->why),
        "finished", state->stage == NT_RUN_FINISHED, "at_work", state->in_use, "seeds_wanted",
        (int)state->seed_count, "seeds_trained", (int)state->trained, "epochs", (int)state->epochs,
        "samples", (int)state->samples, "shards", (json_int_t)state->shards, "shards_wanted", total,
        "failures", (int)state->failures, "parts", (int)state->parts, "bytes",
        (json_int_t)state->size.bytes, "changed", (json_int_t)state->size.changed, "command",
        nt_json_text(state->command), "seeds", seeds);
}
