/* What a suite will take, evaluated case by case and as one graph, side by side. */
#include "plan_print.h"

#include "console.h"
#include "fit.h"
#include "json_out.h"
#include "run_state_print.h"
#include "table.h"

static json_t *json_cost(const nt_suite_cost *cost) {
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "nodes", (json_int_t)cost->nodes, "multiply_adds",
                     (json_int_t)cost->multiply_adds, "executed", (json_int_t)cost->executed,
                     "bytes", (json_int_t)cost->memory, "seconds", nt_json_real(cost->seconds));
}

/* null without training. */
static json_t *json_training(const nt_suite_plan *plan) {
    if (plan->step_executed == 0)
        return json_null();
    return json_pack("{s:I, s:i, s:i, s:o}", "executed", (json_int_t)plan->step_executed, "samples",
                     (int)plan->train_samples, "epochs_left", (int)plan->epochs_left, "seconds",
                     nt_json_real(plan->training_seconds));
}

/* null without any. */
static json_t *json_retraining(const nt_suite_plan *plan) {
    if (plan->retrainings == 0)
        return json_null();
    return json_pack("{s:i, s:i, s:o}", "trainings", (int)plan->retrainings, "epochs",
                     (int)plan->retraining_epochs, "seconds",
                     nt_json_real(plan->retraining_seconds));
}

static nt_status print_json(const nt_suite_plan *plan, const nt_run_state *done) {
    return nt_json_print(json_pack(
        "{s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "cases", (int)plan->cases,
        "samples", (int)plan->samples, "seeds", (int)plan->seeds, "threads", (int)plan->threads,
        "asking", (int)plan->asking, "failing", (int)plan->failing, "rate",
        nt_json_real(plan->rate), "loop", json_cost(&plan->loop), "merged",
        json_cost(&plan->merged), "training", json_training(plan), "retraining",
        json_retraining(plan), "done", done ? nt_run_state_json(done) : json_null()));
}

/* "2:05:00" */
static void add_duration(nt_text *text, double seconds) {
    int64_t s = (int64_t)(seconds + 0.5);
    nt_text_printf(text, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60),
                   (int)(s % 60));
}

static void add_training(const nt_suite_plan *plan, nt_text *text) {
    if (plan->step_executed == 0)
        return;
    if (plan->epochs_left == 0) {
        nt_text_add(text, "\nAll seeds are trained.\n");
        return;
    }
    nt_text_printf(
        text,
        "\nTraining: %d epoch%s of %d images to go, with %.1f M executed for each image; "
        "at the same rate, a prediction, ",
        plan->epochs_left, plan->epochs_left == 1 ? "" : "s", plan->train_samples,
        1e-6 * (double)plan->step_executed);
    add_duration(text, plan->training_seconds);
    nt_text_add(text, " (hours:minutes:seconds).\n");
}

static void add_retraining(const nt_suite_plan *plan, nt_text *text) {
    if (plan->retrainings == 0)
        return;
    nt_text_printf(text,
                   "\nRetraining: %d networks, %d epochs in all, baselines among them, whatever is "
                   "done already; at the same rate ",
                   plan->retrainings, plan->retraining_epochs);
    add_duration(text, plan->retraining_seconds);
    nt_text_add(text, ".\n");
}

static void add_done(const nt_run_state *done, nt_text *text) {
    if (!done)
        return;
    nt_text_printf(text, "\nAlready in %s: ", done->folder);
    nt_run_state_add_stage(done, text);
    nt_text_add(text, "\n");
}

static void add_cost(nt_table *table, const char *name, const nt_suite_cost *cost) {
    nt_table_cell(table, name);
    nt_table_cellf(table, "%lld", (long long)cost->nodes);
    nt_table_cellf(table, "%.1f", 1e-6 * (double)cost->multiply_adds);
    nt_table_cellf(table, "%.1f", 1e-6 * (double)cost->executed);
    nt_table_cellf(table, "%.1f", 1e-6 * (double)cost->memory);
    nt_table_cellf(table, "%.0f", cost->seconds);
}

/* What the numbers are, and what is not in them. */
static void add_words(const nt_suite_plan *plan, const nt_run_state *done, nt_text *text) {
    nt_text_printf(text,
                   "Multiply-adds are of one sample: as the literature counts them, and as the "
                   "chosen algorithms execute them.\nSeconds are predicted from %.1f billion "
                   "executed a second, timed on one convolution with %d thread%s; "
                   "calibration comes on top.\n",
                   1e-9 * plan->rate, plan->threads, plan->threads == 1 ? "" : "s");
    add_training(plan, text);
    add_retraining(plan, text);
    add_done(done, text);
    if (plan->asking > 0)
        nt_text_printf(text, "%d group%s asks while it runs; what it asks is not counted.\n",
                       plan->asking, plan->asking == 1 ? "" : "s");
    if (plan->failing > 0)
        nt_text_printf(text, "%d of the cases can't be made; a run says why.\n", plan->failing);
}

nt_status nt_plan_print(const nt_suite_plan *plan, const nt_run_state *done, bool json) {
    static const nt_column columns[] = {{"evaluated", .align = NT_LEFT},
                                        {"nodes", NT_RIGHT, .leaves = 4},
                                        {"M multiply-adds", NT_RIGHT, .leaves = 2},
                                        {"M executed", NT_RIGHT, .leaves = 3},
                                        {"MB", NT_RIGHT, .leaves = 1},
                                        {"seconds", .align = NT_RIGHT},
                                        {0}};
    nt_table_room room = {.width = (size_t)nt_console_width(stdout)};
    nt_table table;
    nt_text text, words;
    if (json)
        return print_json(plan, done);
    nt_text_init(&text);
    nt_text_init(&words);
    nt_text_printf(&words, "%d cases with the baseline, %d samples, %d seed%s", plan->cases,
                   plan->samples, plan->seeds, plan->seeds == 1 ? "" : "s");
    nt_text_add_wrapped(&text, words.bytes, room.width ? room.width : SIZE_MAX, 0, 0);
    nt_text_clear(&words);
    nt_text_add(&text, "\n\n");
    nt_table_init(&table, columns);
    add_cost(&table, "one by one", &plan->loop);
    add_cost(&table, "as one graph", &plan->merged);
    nt_table_fit(&table, &room, &text);
    nt_table_finish(&table);
    nt_table_note_left_out(&room, "--json has all there is", &text);
    nt_text_add(&text, "\n");
    add_words(plan, done, &words);
    if (room.width > 0)
        nt_text_add_paragraphs(&text, words.bytes, room.width);
    else
        nt_text_add(&text, words.bytes);
    text.failed = text.failed || words.failed;
    nt_text_finish(&words);
    return nt_print(&text);
}
