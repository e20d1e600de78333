/* Reading a suite file. A section's errors don't hide those of the next: each is read whatever
 * became of the others, and the suite is only handed out when there was none. */
#include "suite_file.h"

#include "alloc.h"
#include "file.h"
#include "optimiser.h"
#include "overrides.h"
#include "reader.h"
#include <stdio.h>
#include <string.h>

typedef struct loader {
    nt_suite *suite;
    nt_reader reader;
} loader;

static nt_status worse(nt_status a, nt_status b) {
    return a == NT_OK ? b : a;
}

/* A path in the suite is relative to the suite. */
static const char *beside(const loader *l, const char *path) {
    return nt_path_beside(l->reader.arena, l->suite->path, path);
}

/* "there is no optimiser 'sdg'; did you mean 'sgd'?" at `node`. */
static nt_status no_such(const loader *l, const nt_yaml *node, const char *what, const char *name,
                         const char *near) {
    nt_status status = nt_reader_say(&l->reader, node, "there is no %s '%s'", what, name);
    if (near)
        nt_error_hint(l->reader.error, "did you mean '%s'?", near);
    return status;
}

static nt_status lacks(const loader *l, const nt_yaml *node, const char *what, const char *key) {
    return nt_reader_say(&l->reader, node, "%s lacks '%s'", what, key);
}

/* A new record filled from a map through its field table. */
static nt_status read_record(loader *l, const nt_yaml *map, const char *what, const char *noun,
                             const nt_field *fields, size_t size, const char *const *also,
                             const void **ret) {
    void *record = nt_arena_alloc(l->reader.arena, size ? size : 1);
    if (!record)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_fields(&l->reader, map, map, what, noun, fields, also, record));
    *ret = record;
    return NT_OK;
}

/* The text under `key` of a map that must have it. */
static nt_status read_kind(loader *l, const nt_yaml *map, const char *what, const char *key,
                           const nt_yaml **ret_node, const char **ret) {
    NT_TRY(nt_read_map(&l->reader, map, what));
    *ret_node = nt_yaml_get(map, key);
    if (!*ret_node)
        return lacks(l, map, what, key);
    return nt_read_text(&l->reader, *ret_node, key, ret);
}

/* --- data ------------------------------------------------------------------------------------- */

static nt_status read_per_channel(loader *l, const nt_yaml *map, const char *key, float *ret,
                                  int32_t *ret_count) {
    const nt_yaml *list = nt_yaml_get(map, key);
    if (!list)
        return lacks(l, map, "normalise", key);
    NT_TRY(nt_read_list(&l->reader, list, key));
    if (list->count < 1 || list->count > NT_MAX_CHANNELS)
        return nt_reader_say(&l->reader, list, "'%s' must have one number per channel", key);
    for (int32_t i = 0; i < list->count; i++) {
        double value;
        NT_TRY(nt_read_real(&l->reader, list->items[i], key, &value));
        ret[i] = (float)value;
    }
    *ret_count = list->count;
    return NT_OK;
}

static nt_status read_normalise(loader *l, const nt_yaml *node) {
    static const char *const keys[] = {"mean", "deviation", NULL};
    nt_suite_data *data = &l->suite->data;
    int32_t deviations = 0;
    NT_TRY(nt_read_map(&l->reader, node, "normalise"));
    NT_TRY(nt_read_keys(&l->reader, node, "normalise", keys));
    NT_TRY(read_per_channel(l, node, "mean", data->mean, &data->channels));
    NT_TRY(read_per_channel(l, node, "deviation", data->deviation, &deviations));
    if (deviations != data->channels)
        return nt_reader_say(&l->reader, node, "'mean' has %d numbers, 'deviation' %d",
                             data->channels, deviations);
    for (int32_t i = 0; i < deviations; i++)
        if (!(data->deviation[i] > 0))
            return nt_reader_say(&l->reader, nt_yaml_get(node, "deviation"),
                                 "a deviation must be above 0");
    data->normalised = true;
    return NT_OK;
}

static nt_status read_data(loader *l, const nt_yaml *map) {
    static const char *const own[] = {"kind", "root", "hold_out", "normalise", NULL};
    nt_suite_data *data = &l->suite->data;
    const nt_yaml *node;
    const char *name;
    data->place = nt_reader_place(&l->reader, map);
    NT_TRY(read_kind(l, map, "data", "kind", &node, &name));
    data->kind = nt_data_find(name);
    if (!data->kind)
        return no_such(l, node, "data set kind", name, nt_data_nearest(name));
    nt_status status = read_record(l, map, data->kind->name, "option", data->kind->fields,
                                   data->kind->options_size, own, &data->options);
    const nt_yaml *root = nt_yaml_get(map, "root"), *normalise = nt_yaml_get(map, "normalise");
    if (root)
        status = worse(status, nt_read_text(&l->reader, root, "root", &data->root));
    if (normalise)
        status = worse(status, read_normalise(l, normalise));
    const nt_yaml *hold_out = nt_yaml_get(map, "hold_out");
    int64_t count = 0;
    if (hold_out)
        status =
            worse(status, nt_read_integer(&l->reader, hold_out, "hold_out", 0, INT32_MAX, &count));
    data->hold_out = (int32_t)count;
    return status;
}

/* --- training --------------------------------------------------------------------------------- */

static const char *nearest_loss(const loader *l, const char *name) {
    int count = 0, losses = 0;
    while (nt_ops[count])
        count++;
    const char **names = NT_ARENA_ARRAY(l->reader.arena, const char *, count + 1);
    for (int i = 0; names && i < count; i++)
        if (nt_ops[i]->traits & NT_OP_LOSS)
            names[losses++] = nt_ops[i]->name;
    return names ? nt_nearest(name, names) : NULL;
}

static nt_status read_loss(loader *l, const nt_yaml *map, nt_recipe *recipe) {
    static const char *const own[] = {"op", NULL};
    const nt_yaml *node;
    const char *name;
    NT_TRY(read_kind(l, map, "loss", "op", &node, &name));
    recipe->loss = nt_op_find(name);
    if (!recipe->loss || !(recipe->loss->traits & NT_OP_LOSS))
        return no_such(l, node, "loss", name, nearest_loss(l, name));
    return read_record(l, map, name, "attribute", recipe->loss->fields, recipe->loss->attrs_size,
                       own, &recipe->loss_attrs);
}

static nt_status read_optimiser(loader *l, const nt_yaml *map, nt_recipe *recipe) {
    static const char *const own[] = {"kind", NULL};
    const nt_yaml *node;
    const char *name;
    NT_TRY(read_kind(l, map, "optimiser", "kind", &node, &name));
    recipe->optimiser = nt_optimiser_find(name);
    if (!recipe->optimiser)
        return no_such(l, node, "optimiser", name, nt_optimiser_nearest(name));
    NT_TRY(read_record(l, map, name, "option", recipe->optimiser->fields,
                       recipe->optimiser->options_size, own, &recipe->optimiser_options));
    char why[NT_OPTIMISER_WHY];
    if (recipe->optimiser->fits && !recipe->optimiser->fits(recipe->optimiser_options, why))
        return nt_reader_say(&l->reader, map, "the optimiser '%s' does not fit: %s", name, why);
    return NT_OK;
}

static nt_status read_schedule(loader *l, const nt_yaml *map, nt_recipe *recipe) {
    static const char *const own[] = {"kind", NULL};
    const nt_yaml *node;
    const char *name;
    char why[NT_SCHEDULE_WHY];
    NT_TRY(read_kind(l, map, "schedule", "kind", &node, &name));
    recipe->schedule = nt_schedule_find(name);
    if (!recipe->schedule)
        return no_such(l, node, "schedule", name, nt_schedule_nearest(name));
    NT_TRY(read_record(l, map, name, "option", recipe->schedule->fields,
                       recipe->schedule->options_size, own, &recipe->schedule_options));
    if (recipe->schedule->fits && recipe->epochs > 0 &&
        !recipe->schedule->fits(recipe->schedule_options, recipe->epochs, why))
        return nt_reader_say(&l->reader, map, "the schedule '%s' does not fit: %s", name, why);
    return NT_OK;
}

/* `flip`, or `{crop: {pad: 4}}`. */
static nt_status read_augment_step(loader *l, const nt_yaml *node, nt_augment_step *ret) {
    const nt_yaml *key = node, *options = NULL;
    const char *name;
    if (node->kind == NT_YAML_MAP && node->count == 1) {
        key = node->entries[0].key;
        options = node->entries[0].value;
    }
    NT_TRY(nt_read_text(&l->reader, key, "an augmentation", &name));
    ret->augment = nt_augment_find(name);
    if (!ret->augment)
        return no_such(l, key, "augmentation", name, nt_augment_nearest(name));
    if (options && !nt_yaml_absent(options))
        return read_record(l, options, name, "option", ret->augment->fields,
                           ret->augment->options_size, NULL, &ret->options);
    void *record = nt_arena_alloc(l->reader.arena, ret->augment->options_size);
    if (!record || !nt_fields_default(ret->augment->fields, record, l->reader.arena))
        return nt_reader_no_memory(&l->reader);
    ret->options = record;
    return NT_OK;
}

static nt_status read_augment(loader *l, const nt_yaml *list, nt_recipe *recipe) {
    NT_TRY(nt_read_list(&l->reader, list, "augment"));
    nt_augment_step *steps = NT_ARENA_ARRAY(l->reader.arena, nt_augment_step, list->count);
    if (!steps)
        return nt_reader_no_memory(&l->reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < list->count; i++)
        status = worse(status, read_augment_step(l, list->items[i], &steps[i]));
    recipe->augment = steps;
    recipe->augment_count = list->count;
    return status;
}

static const nt_field train_fields[] = {
    {"epochs", NT_INT, offsetof(nt_recipe, epochs), NULL, 1, 1000000,
     .doc = "how often the training images are gone through"},
    {"batch", NT_INT, offsetof(nt_recipe, batch), NULL, 1, 65536, .doc = "images a step"},
    {"checkpoint_every", NT_REAL, offsetof(nt_recipe, checkpoint_every), "120", 0, 1e9,
     .doc = "seconds between checkpoints; 0: only after an epoch"},
    {0},
};

static nt_status read_train(loader *l, const nt_yaml *map) {
    static const char *const own[] = {"loss", "optimiser", "schedule", "augment", NULL};
    static nt_status (*const readers[])(loader *, const nt_yaml *, nt_recipe *) = {
        read_loss, read_optimiser, read_schedule, read_augment};
    nt_recipe *recipe = NT_ARENA_NEW(l->reader.arena, nt_recipe);
    if (!recipe)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_map(&l->reader, map, "train"));
    nt_status status =
        nt_read_fields(&l->reader, map, map, "train", "key", train_fields, own, recipe);
    for (int i = 0; own[i]; i++) {
        const nt_yaml *section = nt_yaml_get(map, own[i]);
        if (section)
            status = worse(status, readers[i](l, section, recipe));
        else if (i < 3)
            status = worse(status, lacks(l, map, "train", own[i]));
    }
    l->suite->recipe = recipe;
    if (status == NT_OK) {
        l->suite->batch_place = nt_reader_place(&l->reader, nt_yaml_get(map, "batch"));
        l->suite->loss_place = nt_reader_place(&l->reader, nt_yaml_get(map, "loss"));
    }
    return status;
}

static nt_status read_seeds(loader *l, const nt_yaml *list) {
    NT_TRY(nt_read_list(&l->reader, list, "seeds"));
    int32_t *seeds = NT_ARENA_ARRAY(l->reader.arena, int32_t, list->count);
    if (!seeds)
        return nt_reader_no_memory(&l->reader);
    if (list->count == 0)
        return nt_reader_say(&l->reader, list, "'seeds' is empty; give at least one");
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

/* --- evaluation and groups -------------------------------------------------------------------- */

static const char *const splits[] = {"train", "test", "held_out", NULL}; /* as nt_split */
static const char *const batch_norms[] = {"running", "batch", NULL};     /* as nt_norm */

static const nt_field evaluate_fields[] = {
    {"split", NT_CHOICE, offsetof(nt_suite_evaluate, split), "test", .choices = splits,
     .doc = "which part of the data"},
    {"batch", NT_INT, offsetof(nt_suite_evaluate, batch), "256", 1, 65536, .doc = "images a step"},
    {"limit", NT_INT, offsetof(nt_suite_evaluate, limit), "0", 0, 2147483647,
     .doc = "only the first so many images; 0: all"},
    {"batch_norm", NT_CHOICE, offsetof(nt_suite_evaluate, batch_norm), "running",
     .choices = batch_norms, .doc = "which statistics batch normalisation uses"},
    {0},
};

static nt_status read_metrics(loader *l, const nt_yaml *node) {
    static const char *const known[] = {"accuracy", NULL};
    const char *const *names;
    int count;
    NT_TRY(nt_read_texts(&l->reader, node, "metrics", &names, &count));
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], known[0]) != 0)
            return no_such(l, node, "metric", names[i], nt_nearest(names[i], known));
    return NT_OK;
}

static nt_status read_evaluate(loader *l, const nt_yaml *map) {
    static const char *const own[] = {"metrics", NULL};
    if (!map)
        return nt_fields_default(evaluate_fields, &l->suite->evaluate, l->reader.arena)
                   ? NT_OK
                   : nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_map(&l->reader, map, "evaluate"));
    nt_status status = nt_read_fields(&l->reader, map, map, "evaluate", "key", evaluate_fields, own,
                                      &l->suite->evaluate);
    const nt_yaml *metrics = nt_yaml_get(map, "metrics");
    if (metrics)
        status = worse(status, read_metrics(l, metrics));
    return status;
}

static nt_status read_option(loader *l, const nt_yaml_entry *entry, nt_hook_option *ret) {
    bool list = entry->value->kind == NT_YAML_LIST;
    int count = list ? entry->value->count : 1;
    nt_scalar *items = NT_ARENA_ARRAY(l->reader.arena, nt_scalar, count);
    if (!items)
        return nt_reader_no_memory(&l->reader);
    for (int i = 0; i < count; i++)
        NT_TRY(nt_read_scalar(&l->reader, list ? entry->value->items[i] : entry->value,
                              entry->key->text, &items[i]));
    *ret = (nt_hook_option){.name = entry->key->text,
                            .items = items,
                            .count = count,
                            .list = list,
                            .place = nt_reader_place(&l->reader, entry->key)};
    return NT_OK;
}

static nt_status read_options(loader *l, const nt_yaml *map, nt_group *group) {
    NT_TRY(nt_read_map(&l->reader, map, "options"));
    nt_hook_option *options = NT_ARENA_ARRAY(l->reader.arena, nt_hook_option, map->count);
    if (!options)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < map->count; i++)
        NT_TRY(read_option(l, &map->entries[i], &options[i]));
    group->options = options;
    group->option_count = map->count;
    return NT_OK;
}

static nt_status read_group(loader *l, const nt_yaml_entry *entry, nt_group *group) {
    static const char *const keys[] = {"hook", "title", "options", NULL};
    group->name = group->title = entry->key->text;
    group->place = nt_reader_place(&l->reader, entry->key);
    if (strcmp(group->name, "baseline") == 0)
        return nt_reader_say(&l->reader, entry->key,
                             "a group can't be called 'baseline': the results' first rows are");
    NT_TRY(nt_read_map(&l->reader, entry->value, "a group"));
    NT_TRY(nt_read_keys(&l->reader, entry->value, "a group", keys));
    const nt_yaml *hook = nt_yaml_get(entry->value, "hook");
    const nt_yaml *title = nt_yaml_get(entry->value, "title");
    const nt_yaml *options = nt_yaml_get(entry->value, "options");
    const char *path;
    if (!hook)
        return lacks(l, entry->key, "the group", "hook");
    NT_TRY(nt_read_text(&l->reader, hook, "hook", &path));
    if (!(group->hook = beside(l, path)))
        return nt_reader_no_memory(&l->reader);
    if (title)
        NT_TRY(nt_read_text(&l->reader, title, "title", &group->title));
    return options ? read_options(l, options, group) : NT_OK;
}

static nt_status read_groups(loader *l, const nt_yaml *map) {
    NT_TRY(nt_read_map(&l->reader, map, "groups"));
    nt_group *groups = NT_ARENA_ARRAY(l->reader.arena, nt_group, map->count);
    if (!groups)
        return nt_reader_no_memory(&l->reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < map->count; i++)
        status = worse(status, read_group(l, &map->entries[i], &groups[i]));
    l->suite->groups = groups;
    l->suite->group_count = map->count;
    return status;
}

nt_status nt_group_list(const nt_group *group, const nt_network *network, const nt_report *report,
                        nt_cases *ret, nt_error *error) {
    char what[128];
    snprintf(what, sizeof what, "in the group '%.80s'", group->name);
    const nt_trail trail = {.what = what, .place = group->place};
    return nt_hook_run(group->hook, network, group->options, group->option_count, &trail, report,
                       ret, error);
}

/* --- the top level ---------------------------------------------------------------------------- */

/* `set:` of the suite, which overrides the graph's parameters. */
static nt_status read_set(loader *l, const nt_yaml *map) {
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

static nt_status read_path(loader *l, const nt_yaml *node, const char *what, const char **ret) {
    const char *path;
    NT_TRY(nt_read_text(&l->reader, node, what, &path));
    *ret = beside(l, path);
    return *ret ? NT_OK : nt_reader_no_memory(&l->reader);
}

static nt_status read_version(loader *l, const nt_yaml *node) {
    int64_t version;
    NT_TRY(nt_read_integer(&l->reader, node, "version", 0, INT32_MAX, &version));
    if (version != 1)
        return nt_reader_say(&l->reader, node, "this program reads version 1, not %d",
                             (int)version);
    return NT_OK;
}

/* The run folder is called so, unless the user says otherwise. */
static nt_status read_name(loader *l, const nt_yaml *node) {
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

static nt_status read_margin(loader *l, const nt_yaml *node) {
    NT_TRY(nt_read_real(&l->reader, node, "margin", &l->suite->margin));
    if (l->suite->margin < 0 || l->suite->margin > 1)
        return nt_reader_say(&l->reader, node, "the margin must be from 0 to 1, not %g",
                             l->suite->margin);
    return NT_OK;
}

static nt_status read_top(loader *l, const nt_yaml *root) {
    static const char *const keys[] = {"version",  "suite",  "graph",  "set",
                                       "data",     "train",  "seeds",  "weights",
                                       "evaluate", "groups", "margin", NULL};
    static const char *const needed[] = {"version", "suite", "graph", "data", "groups", NULL};
    static const int32_t first_seed[] = {0};
    nt_suite *suite = l->suite;
    NT_TRY(nt_read_map(&l->reader, root, "a suite"));
    nt_status status = nt_read_keys(&l->reader, root, "a suite", keys);
    for (int i = 0; needed[i]; i++)
        if (!nt_yaml_get(root, needed[i]))
            status = worse(status, lacks(l, root, "the suite", needed[i]));
    const nt_yaml *node;
    if ((node = nt_yaml_get(root, "version")))
        status = worse(status, read_version(l, node));
    if ((node = nt_yaml_get(root, "suite")))
        status = worse(status, read_name(l, node));
    if ((node = nt_yaml_get(root, "graph")))
        status = worse(status, read_path(l, node, "graph", &suite->graph));
    if ((node = nt_yaml_get(root, "set")))
        status = worse(status, read_set(l, node));
    if ((node = nt_yaml_get(root, "data")))
        status = worse(status, read_data(l, node));
    if ((node = nt_yaml_get(root, "groups")))
        status = worse(status, read_groups(l, node));
    status = worse(status, read_evaluate(l, nt_yaml_get(root, "evaluate")));
    suite->margin = 0.01;
    if ((node = nt_yaml_get(root, "margin")))
        status = worse(status, read_margin(l, node));
    suite->seeds = first_seed;
    suite->seed_count = 1;
    if ((node = nt_yaml_get(root, "seeds")))
        status = worse(status, read_seeds(l, node));
    if (node && nt_yaml_get(root, "weights"))
        status =
            worse(status, nt_reader_say(&l->reader, node,
                                        "given weights have no seeds; keep 'seeds' for 'train'"));

    const nt_yaml *weights = nt_yaml_get(root, "weights"), *train = nt_yaml_get(root, "train");
    if (weights && train)
        status = worse(status, nt_reader_say(&l->reader, key_of(root, "train"),
                                             "the suite has both 'weights' and 'train'; keep one"));
    else if (weights)
        status = worse(status, read_path(l, weights, "weights", &suite->weights));
    else if (train)
        status = worse(status, read_train(l, train));
    else
        status = worse(
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
    loader l = {.suite = suite, .reader = {.arena = &suite->arena, .error = error}};
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
