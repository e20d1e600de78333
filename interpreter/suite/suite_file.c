/* Reading a suite file. A section's errors don't hide those of the next: each is read whatever
 * became of the others, and the suite is only handed out when there was none. */
#include "suite_file_private.h"

#include "alloc.h"
#include "attrs.h"
#include "file.h"
#include "finding.h"
#include "overrides.h"
#include <string.h>

/* --- seeds and evaluation --------------------------------------------------------------------- */

static nt_status read_seeds(nt_suite_loader *l, const nt_yaml *list) {
    NT_TRY(nt_read_list(&l->reader, list, "seeds"));
    int32_t *seeds = NT_ARENA_ARRAY(l->reader.arena, int32_t, list->count);
    if (!seeds)
        return nt_reader_no_memory(&l->reader);
    if (list->count == 0)
        return nt_reader_say(&l->reader, list, "'seeds' is empty; give at least one");
    if (list->count > NT_MOST_SEEDS)
        return nt_reader_say(&l->reader, list, "'seeds' has %d; at most %d are allowed",
                             (int)list->count, NT_MOST_SEEDS);
    for (int32_t i = 0; i < list->count; i++) {
        int64_t seed;
        NT_TRY(nt_read_integer(&l->reader, list->items[i], "a seed", 0, INT32_MAX, &seed));
        for (int32_t k = 0; k < i; k++)
            if (seeds[k] == seed)
                return nt_reader_say(&l->reader, list->items[i], "the seed %d comes twice",
                                     (int)seed);
        seeds[i] = (int32_t)seed;
    }
    l->suite->seeds = seeds;
    l->suite->seed_count = list->count;
    return NT_OK;
}

static const char *const splits[] = {"train", "test", "held_out", NULL}; /* as nt_split */
static const char *const batch_norms[] = {"running", "batch", "recalibrated",
                                          NULL}; /* as nt_norm */

const nt_field nt_suite_evaluate_fields[] = {
    {"split", NT_CHOICE, offsetof(nt_suite_evaluate, split), "test", .choices = splits,
     .doc = "which part of the data"},
    {"batch", NT_INT, offsetof(nt_suite_evaluate, batch), "256", 1, 65536, .doc = "images a step"},
    {"limit", NT_INT, offsetof(nt_suite_evaluate, limit), "0", 0, 2147483647,
     .doc = "only the first so many images; 0: all"},
    {"batch_norm", NT_CHOICE, offsetof(nt_suite_evaluate, batch_norm), "running",
     .choices = batch_norms, .doc = "which statistics batch normalisation uses"},
    {"calibration", NT_INT, offsetof(nt_suite_evaluate, calibration), "5000", 1, 2147483647,
     .doc = "training images, the first ones, for mean outputs and recalibrated statistics; "
            "of the latter whole batches"},
    {0},
};

/* The first one decides the verdicts; outcomes say all of them. */
static nt_status read_metrics(nt_suite_loader *l, const nt_yaml *node) {
    const char *const *names;
    int count;
    NT_TRY(nt_read_texts(&l->reader, node, "metrics", &names, &count));
    for (int i = 0; i < count; i++) {
        int metric = 0;
        while (nt_metric_names[metric] && strcmp(names[i], nt_metric_names[metric]) != 0)
            metric++;
        if (!nt_metric_names[metric])
            return nt_suite_no_such(l, node, "metric", names[i],
                                    nt_nearest(names[i], nt_metric_names));
        if (i == 0)
            l->suite->evaluate.metric = (nt_metric)metric;
    }
    l->suite->evaluate.has_metric = count > 0;
    return NT_OK;
}

static nt_status read_evaluate(nt_suite_loader *l, const nt_yaml *map) {
    static const char *const own[] = {"metrics", NULL};
    if (!map)
        return nt_fields_default(nt_suite_evaluate_fields, &l->suite->evaluate, l->reader.arena)
                   ? NT_OK
                   : nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_map(&l->reader, map, "evaluate"));
    nt_status status = nt_read_fields(&l->reader, map, map, "evaluate", "key",
                                      nt_suite_evaluate_fields, own, &l->suite->evaluate);
    const nt_yaml *metrics = nt_yaml_get(map, "metrics");
    if (metrics)
        status = nt_suite_worse(status, read_metrics(l, metrics));
    return status;
}

/* --- the top level ---------------------------------------------------------------------------- */

/* `set:` of the suite, which overrides the graph's parameters. */
static nt_status read_set(nt_suite_loader *l, const nt_yaml *map) {
    NT_TRY(nt_read_map(&l->reader, map, "set"));
    l->suite->settings = NT_ARENA_ARRAY(l->reader.arena, nt_setting, map->count);
    if (!l->suite->settings)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < map->count; i++) {
        nt_setting *setting = &l->suite->settings[i];
        setting->key = map->entries[i].key->text;
        NT_TRY(nt_read_text(&l->reader, map->entries[i].value, setting->key, &setting->value));
    }
    l->suite->setting_count = map->count;
    return NT_OK;
}

static nt_status read_path(nt_suite_loader *l, const nt_yaml *node, const char *what,
                           const char **ret) {
    const char *path;
    NT_TRY(nt_read_text(&l->reader, node, what, &path));
    *ret = nt_suite_beside(l, path);
    return *ret ? NT_OK : nt_reader_no_memory(&l->reader);
}

static nt_status read_version(nt_suite_loader *l, const nt_yaml *node) {
    int64_t version;
    NT_TRY(nt_read_integer(&l->reader, node, "version", 0, INT32_MAX, &version));
    if (version != 1)
        return nt_reader_say(&l->reader, node, "this program reads version 1, not %d",
                             (int)version);
    return NT_OK;
}

/* The run folder is called so, unless the user says otherwise. */
static nt_status read_name(nt_suite_loader *l, const nt_yaml *node) {
    const char *name;
    NT_TRY(nt_read_text(&l->reader, node, "suite", &name));
    if (!name[0] || name[0] == '.' || strchr(name, '/'))
        return nt_reader_say(&l->reader, node,
                             "the suite's name names a folder: it must not be empty, begin with a "
                             "dot or hold a slash");
    l->suite->name = name;
    return NT_OK;
}

static const nt_yaml *key_of(const nt_yaml *map, const char *key) {
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].key;
    return map;
}

static nt_status read_margin(nt_suite_loader *l, const nt_yaml *node) {
    NT_TRY(nt_read_real(&l->reader, node, "margin", &l->suite->margin));
    if (l->suite->margin < 0 || l->suite->margin > 1)
        return nt_reader_say(&l->reader, node, "the margin must be from 0 to 1, not %g",
                             l->suite->margin);
    return NT_OK;
}

/* Convolutions take the direct algorithm, in training and in evaluation, where the suite says so.
 */
static nt_status read_conv(nt_suite_loader *l, const nt_yaml *node) {
    const char *text;
    NT_TRY(nt_read_text(&l->reader, node, "conv", &text));
    for (int32_t i = 0; nt_conv2d_algorithms[i]; i++)
        if (strcmp(text, nt_conv2d_algorithms[i]) == 0) {
            l->suite->conv = i;
            return NT_OK;
        }
    return nt_reader_say(&l->reader, node, "conv is 'fastest' or 'direct', not '%s'", text);
}

static nt_status read_top(nt_suite_loader *l, const nt_yaml *root) {
    static const char *const keys[] = {"version", "suite",  "graph",   "set",     "data",
                                       "train",   "seeds",  "weights", "initial", "evaluate",
                                       "groups",  "margin", "conv",    NULL};
    static const char *const needed[] = {"version", "suite", "graph", "data", "groups", NULL};
    static const int32_t first_seed[] = {0};
    nt_suite *suite = l->suite;
    NT_TRY(nt_read_map(&l->reader, root, "a suite"));
    nt_status status = nt_read_keys(&l->reader, root, "a suite", keys);
    for (int i = 0; needed[i]; i++)
        if (!nt_yaml_get(root, needed[i]))
            status = nt_suite_worse(status, nt_suite_lacks(l, root, "the suite", needed[i]));
    const nt_yaml *node;
    if ((node = nt_yaml_get(root, "version")))
        status = nt_suite_worse(status, read_version(l, node));
    if ((node = nt_yaml_get(root, "suite")))
        status = nt_suite_worse(status, read_name(l, node));
    if ((node = nt_yaml_get(root, "graph")))
        status = nt_suite_worse(status, read_path(l, node, "graph", &suite->graph));
    if ((node = nt_yaml_get(root, "set")))
        status = nt_suite_worse(status, read_set(l, node));
    if ((node = nt_yaml_get(root, "data")))
        status = nt_suite_worse(status, nt_suite_read_data(l, node));
    if ((node = nt_yaml_get(root, "groups")))
        status = nt_suite_worse(status, nt_suite_read_groups(l, node));
    status = nt_suite_worse(status, read_evaluate(l, nt_yaml_get(root, "evaluate")));
    suite->margin = NT_USUAL_MARGIN;
    if ((node = nt_yaml_get(root, "margin")))
        status = nt_suite_worse(status, read_margin(l, node));
    suite->seeds = first_seed;
    suite->seed_count = 1;
    if ((node = nt_yaml_get(root, "seeds")))
        status = nt_suite_worse(status, read_seeds(l, node));
    if (node && nt_yaml_get(root, "weights"))
        status = nt_suite_worse(
            status, nt_reader_say(&l->reader, node,
                                  "given weights have no seeds; keep 'seeds' for 'train'"));

    if ((node = nt_yaml_get(root, "initial")))
        status = nt_suite_worse(status, read_path(l, node, "initial", &suite->initial));
    if (node && !nt_yaml_get(root, "weights"))
        status =
            nt_suite_worse(status, nt_reader_say(&l->reader, key_of(root, "initial"),
                                                 "'initial' goes with 'weights'; training keeps "
                                                 "what it began with by itself"));
    if ((node = nt_yaml_get(root, "conv")))
        status = nt_suite_worse(status, read_conv(l, node));
    const nt_yaml *weights = nt_yaml_get(root, "weights"), *train = nt_yaml_get(root, "train");
    if (weights && train)
        status = nt_suite_worse(
            status, nt_reader_say(&l->reader, key_of(root, "train"),
                                  "the suite has both 'weights' and 'train'; keep one"));
    else if (weights)
        status = nt_suite_worse(status, read_path(l, weights, "weights", &suite->weights));
    else if (train)
        status = nt_suite_worse(status, nt_suite_read_train(l, train));
    else
        status = nt_suite_worse(
            status, nt_reader_say(&l->reader, root, "the suite has neither 'weights' nor 'train'"));
    return status;
}

static nt_status take_digest(nt_suite *suite, const nt_setting *settings, int count) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return NT_NO_MEMORY;
    nt_digest_add(digest, suite->document->source.text, suite->document->source.length);
    for (int i = 0; i < count; i++) {
        nt_digest_add(digest, settings[i].key, strlen(settings[i].key) + 1);
        nt_digest_add(digest, settings[i].value, strlen(settings[i].value) + 1);
    }
    nt_digest_end(digest, suite->digest);
    return NT_OK;
}

nt_status nt_suite_load(const char *path, const nt_setting *settings, int setting_count,
                        nt_suite **ret, nt_error *error) {
    nt_suite *suite = nt_alloc_zero(sizeof *suite);
    if (!suite)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    nt_arena_init(&suite->arena);
    nt_suite_loader l = {.suite = suite, .reader = {.arena = &suite->arena, .error = error}};
    const nt_yaml *root = NULL;
    nt_status status = NT_OK;
    if (!(suite->path = nt_arena_string(&suite->arena, path)))
        status = nt_reader_no_memory(&l.reader);
    if (status == NT_OK)
        status = nt_document_load(path, &suite->document, error);
    if (status == NT_OK)
        status = nt_override(&suite->arena, suite->document->root, settings, setting_count, true,
                             &root, error);
    if (status == NT_OK)
        status = read_top(&l, root);
    if (status == NT_OK && take_digest(suite, settings, setting_count) != NT_OK)
        status = nt_reader_no_memory(&l.reader);
    if (status != NT_OK) {
        nt_suite_free(suite);
        return status;
    }
    *ret = suite;
    return NT_OK;
}

void nt_suite_free(nt_suite *suite) {
    if (!suite)
        return;
    nt_document_free(suite->document);
    nt_arena_finish(&suite->arena);
    nt_free(suite, sizeof *suite);
}
