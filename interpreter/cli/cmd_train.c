/* nontrivial train: the training of a suite, without measuring its cases. */
#include "beneath.h"
#include "console.h"
#include "json_out.h"
#include "signals.h"
#include "suite_job.h"
#include "trainer.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct train_options {
    nt_suite_job_options job;
    bool json;
} train_options;

static const nt_field train_fields[] = {
    NT_SUITE_JOB_OPTIONS,
    {"json", NT_BOOL, offsetof(train_options, json), "false",
     .doc = "print where each seed's weights are, and its epochs, as JSON"},
    {0},
};

static const nt_operand train_operands[] = {NT_SUITE_JOB_OPERAND, {0}};

/* --- what was trained ------------------------------------------------------------------------- */

/* Cuts the word at `*rest` off, which moves behind the comma or the line's end after it. */
static char *next_word(char **rest) {
    char *word = *rest;
    size_t length = strcspn(word, ",\n");
    *rest += length + (word[length] != '\0');
    word[length] = '\0';
    return word;
}

static json_t *number_of(const char *word) {
    char *end;
    double number = strtod(word, &end);
    return end == word || *end ? json_null() : nt_json_real(number);
}

/* The rows of a metrics.csv, whose first line names what they hold; takes `text` apart. */
static json_t *epochs_of(char *text) {
    enum { MOST = 32 };
    const char *names[MOST];
    int count = 0;
    json_t *list = json_array();
    bool ended = false;
    while (!ended && count < MOST && *text) {
        ended = text[strcspn(text, ",\n")] == '\n';
        names[count++] = next_word(&text);
    }
    while (*text) {
        json_t *row = json_object();
        for (int i = 0; i < count && *text; i++) {
            const char *word = next_word(&text);
            bool whole = strcmp(names[i], "epoch") == 0;
            json_object_set_new(row, names[i], whole ? json_integer(atoi(word)) : number_of(word));
        }
        list = nt_json_append(list, row);
    }
    return list;
}

/* Its epochs; none where there is no file: then it was trained elsewhere. NULL: it can't be read.
 */
static json_t *read_epochs(const char *folder, nt_arena *arena, nt_error *error) {
    enum { MOST_BYTES = 1 << 28 };
    const char *path = nt_arena_printf(arena, "%s/metrics.csv", folder);
    nt_bytes bytes;
    if (!path)
        return NULL;
    if (!nt_beneath_there(path))
        return json_array();
    if (nt_beneath_read(NULL, path, MOST_BYTES, &bytes, error) != NT_OK)
        return NULL;
    json_t *epochs = epochs_of((char *)bytes.bytes);
    nt_bytes_finish(&bytes);
    return epochs;
}

/* Without weights a seed is another process's. */
static json_t *seed_json(const nt_suite_job *job, int32_t seed, nt_arena *arena, nt_error *error) {
    const char *folder = nt_arena_printf(arena, "%s/seed-%d", job->options.out, seed);
    const char *weights = folder ? nt_arena_printf(arena, "%s/" NT_WEIGHTS_FILE, folder) : NULL;
    json_t *epochs = weights ? read_epochs(folder, arena, error) : NULL;
    if (!epochs)
        return NULL;
    return json_pack("{s:i, s:o, s:o}", "seed", (int)seed, "weights",
                     nt_json_text(access(weights, R_OK) == 0 ? weights : NULL), "epochs", epochs);
}

static nt_status print_json(const nt_suite_job *job, nt_error *error) {
    nt_arena arena;
    json_t *seeds = json_array();
    nt_arena_init(&arena);
    for (int s = 0; s < job->suite->seed_count; s++)
        seeds = nt_json_append(seeds, seed_json(job, job->suite->seeds[s], &arena, error));
    nt_arena_finish(&arena);
    nt_status status = error->count > 0 ? error->items[0].status : NT_OK;
    if (status != NT_OK) {
        json_decref(seeds);
        return status;
    }
    return nt_json_print(json_pack("{s:s, s:o, s:o}", "suite", job->suite->name, "run",
                                   nt_json_text(job->options.out), "seeds", seeds));
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const train_options *options = arguments->record;
    nt_suite_job job;
    nt_signals_catch();
    nt_status status = nt_suite_job_init(&job, arguments, &options->job, error);
    if (status == NT_OK)
        status = nt_suite_train(job.suite, &job.options, error);
    if (status == NT_OK && options->json)
        status = print_json(&job, error);
    nt_suite_job_finish(&job);
    return status;
}

const nt_command nt_command_train = {
    .kind = {.name = "train",
             .doc = "train what a suite has no weights for yet",
             .fields = train_fields,
             .size = sizeof(train_options)},
    .detail = "Each seed's weights, metrics and checkpoints are in its folder in the run folder.\n"
              "Interrupted or killed, the same command goes on where it was.\n",
    .examples = "nontrivial train suite.yaml --set train.epochs=5\n",
    .syntax = {.operands = train_operands,
               .settings = "override a value of the suite by its path: train.epochs=5"},
    .together = true,
    .run = run,
};
