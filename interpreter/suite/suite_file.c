/* Reading a suite file. A section's errors don't hide those of the next: each is read whatever
 * became of the others, and the suite is only handed out when there was none. */
#include "suite_file_private.h"

#include "alloc.h"
#include "attrs.h"
#include "budget.h"
#include "file.h"
#include "json_schema.h"
#include "overrides.h"
#include "shipped.h"
#include "yaml_out.h"
#include <string.h>

/* --- single keys ------------------------------------------------------------------------------ */

static nt_status read_list_of_seeds(nt_suite_loader *l, const nt_suite_key *key,
                                    const nt_yaml *list, void *record) {
    nt_suite *suite = record;
    NT_TRY(nt_read_list(&l->reader, list, key->field.name));
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
    suite->seeds = seeds;
    suite->seed_count = list->count;
    return NT_OK;
}

static nt_status read_seeds(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *list,
                            void *record) {
    nt_status status = read_list_of_seeds(l, key, list, record);
    if (nt_yaml_get(l->root, "weights"))
        status = nt_suite_worse(
            status, nt_reader_say(&l->reader, list,
                                  "given weights have no seeds; keep 'seeds' for 'train'"));
    return status;
}

/* A value as `--set` would have it: a list in brackets. */
static nt_status read_setting(nt_suite_loader *l, const nt_yaml *node, const char *key,
                              const char **ret) {
    const char *const *texts;
    int count;
    if (node->kind != NT_YAML_LIST)
        return nt_read_text(&l->reader, node, key, ret);
    NT_TRY(nt_read_texts(&l->reader, node, key, &texts, &count));
    nt_text list;
    nt_text_init(&list);
    for (int i = 0; i < count; i++)
        nt_text_printf(&list, "%s%s", i ? ", " : "[", texts[i]);
    nt_text_add(&list, count ? "]" : "[]");
    *ret = list.failed ? NULL : nt_arena_string(l->reader.arena, list.bytes);
    nt_text_finish(&list);
    return *ret ? NT_OK : nt_reader_no_memory(&l->reader);
}

/* `set:` of the suite, which overrides the graph's parameters. */
static nt_status read_set(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                          void *record) {
    nt_suite *suite = record;
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    suite->settings = NT_ARENA_ARRAY(l->reader.arena, nt_setting, map->count);
    if (!suite->settings)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < map->count; i++) {
        nt_setting *setting = &suite->settings[i];
        setting->key = map->entries[i].key->text;
        NT_TRY(read_setting(l, map->entries[i].value, setting->key, &setting->value));
    }
    suite->setting_count = map->count;
    return NT_OK;
}

static nt_status read_version(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                              void *record) {
    (void)record;
    int64_t version;
    NT_TRY(nt_read_integer(&l->reader, node, key->field.name, 0, INT32_MAX, &version));
    if (version != 1)
        return nt_reader_say(&l->reader, node, "this program reads version 1, not %d",
                             (int)version);
    return NT_OK;
}

/* The run folder is called so, unless the user says otherwise. */
static nt_status read_name(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                           void *record) {
    nt_suite *suite = record;
    const char *name;
    NT_TRY(nt_read_text(&l->reader, node, key->field.name, &name));
    if (!name[0] || name[0] == '.' || strchr(name, '/'))
        return nt_reader_say(&l->reader, node,
                             "the suite's name names a folder: it must not be empty, begin with a "
                             "dot or hold a slash");
    NT_TRY(nt_check_line(&l->reader, node, "the suite's name", name, NT_MOST_KEY));
    suite->name = name;
    return NT_OK;
}

static nt_status read_margin(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    nt_suite *suite = record;
    NT_TRY(nt_read_real(&l->reader, node, key->field.name, &suite->margin));
    if (suite->margin < 0 || suite->margin > 1)
        return nt_reader_say(&l->reader, node, "the margin must be from 0 to 1, not %g",
                             suite->margin);
    return NT_OK;
}

/* --- weights, or how they are trained --------------------------------------------------------- */

static const nt_yaml *key_of(const nt_yaml *map, const char *key) {
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].key;
    return map;
}

static nt_status read_initial(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                              void *record) {
    (void)record;
    nt_status status = nt_suite_read_source(l, node, key->field.name, false, &l->suite->initial);
    if (!nt_yaml_get(l->root, "weights"))
        status =
            nt_suite_worse(status, nt_reader_say(&l->reader, key_of(l->root, key->field.name),
                                                 "'initial' goes with 'weights'; training keeps "
                                                 "what it began with by itself"));
    return status;
}

/* Where `train:` is there too, that says so. */
static nt_status read_weights(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                              void *record) {
    (void)record;
    return nt_yaml_get(l->root, "train")
               ? NT_OK
               : nt_suite_read_source(l, node, key->field.name, false, &l->suite->weights);
}

static nt_status read_train(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                            void *record) {
    (void)record;
    if (nt_yaml_get(l->root, "weights"))
        return nt_reader_say(&l->reader, key_of(l->root, key->field.name),
                             "the suite has both 'weights' and 'train'; keep one");
    return nt_suite_read_train(l, node);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_version(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    (void)record;
    nt_text_printf(w->text, "%s: 1\n", key->field.name);
}

/* A suite is written with all that it includes. */
static void write_nothing(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    (void)w, (void)key, (void)record;
}

static void write_name(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, " ");
    nt_yaml_add_quoted(w->text, ((const nt_suite *)record)->name, false);
    nt_text_add(w->text, "\n");
}

static void write_set(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_suite *suite = record;
    if (suite->setting_count == 0)
        return;
    nt_suite_begin_line(w, key->field.name);
    for (int i = 0; i < suite->setting_count; i++) {
        nt_text_add(w->text, i ? ", " : " {");
        nt_yaml_add_key(w->text, suite->settings[i].key);
        nt_text_add(w->text, ": ");
        nt_yaml_add_quoted(w->text, suite->settings[i].value, false);
    }
    nt_text_add(w->text, "}\n");
}

/* Given weights have none. */
static void write_seeds(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_suite *suite = record;
    if (suite->weights.path)
        return;
    nt_suite_begin_line(w, key->field.name);
    for (int i = 0; i < suite->seed_count; i++)
        nt_text_printf(w->text, "%s%d", i ? ", " : " [", (int)suite->seeds[i]);
    nt_text_add(w->text, "]\n");
}

static void write_initial(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    nt_suite_write_given(w, key->field.name, &((const nt_suite *)record)->initial);
}

static void write_weights(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    nt_suite_write_given(w, key->field.name, &((const nt_suite *)record)->weights);
}

/* --- the keys --------------------------------------------------------------------------------- */

static json_t *version_schema(void) {
    return json_pack("{s:i}", "const", 1);
}

static json_t *name_schema(void) {
    return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[^./][^/]*$");
}

static json_t *include_schema(void) {
    return json_pack("{s:s}", "type", "string");
}

static json_t *set_schema(void) {
    return nt_schema_text(
        "{'type': 'object', 'default': {},"
        " 'additionalProperties': {'type': ['string', 'number', 'boolean', 'array']}}");
}

static json_t *seeds_schema(void) {
    return nt_schema_text("{'type': 'array', 'minItems': 1, 'uniqueItems': true, 'default': [0],"
                          " 'items': {'type': 'integer', 'minimum': 0}}");
}

const nt_suite_key nt_suite_keys[] = {
    {{.name = "version", .doc = "of this form of file"},
     .required = true,
     .read = read_version,
     .schema = version_schema,
     .write = write_version},
    {{.name = "suite", .doc = "its name, and that of its run folder"},
     .required = true,
     .read = read_name,
     .schema = name_schema,
     .write = write_name},
    {{.name = "include",
      .doc = "another suite, of which this one says what it has else: a file, or a name"},
     .read = nt_suite_read_include,
     .schema = include_schema,
     .write = write_nothing},
    {{"graph", NT_STRING, offsetof(nt_suite, graph),
      .doc = "the network: a file relative to this one, or a name that `nontrivial graphs` lists"},
     .required = true,
     .sort = NT_SHIPPED_GRAPH,
     .read = nt_suite_read_file,
     .write = nt_suite_write_path},
    {{.name = "set", .doc = "values for params of the network"},
     .read = read_set,
     .schema = set_schema,
     .write = write_set},
    {{.name = "data", .doc = "a data set: its kind, where it is, how it is read"},
     .required = true,
     .read = nt_suite_read_data,
     .schema = nt_suite_data_schema,
     .write = nt_suite_write_data},
    {{.name = "groups", .doc = "the cases to measure, by the hook that lists them"},
     .required = true,
     .read = nt_suite_read_groups,
     .schema = nt_suite_groups_schema,
     .write = nt_suite_write_groups},
    {{.name = "hook_limits", .doc = "what each hook may use in its whole life"},
     .read = nt_suite_read_limits,
     .schema = nt_suite_limits_schema,
     .write = nt_suite_write_limits},
    {{.name = "evaluate", .doc = "on which images, how and by which metric cases are measured"},
     .read = nt_suite_read_evaluate,
     .schema = nt_suite_evaluate_schema,
     .write = nt_suite_write_evaluate},
    {{.name = "estimate", .doc = "what to guess of layers beside what is measured"},
     .read = nt_suite_read_estimate,
     .schema = nt_suite_estimate_schema,
     .write = nt_suite_write_estimate},
    {{"margin", NT_REAL, offsetof(nt_suite, margin), "0.01", 0, 1,
      .doc = "a change of the metric within it is trivial"},
     .read = read_margin},
    {{"decide", NT_CHOICE, offsetof(nt_suite, decide), "false", .choices = nt_decide_names,
      .doc = "end each case as soon as its verdict is certain, by tests that may be looked at any "
             "time; 'test_set': about these images alone, not about what they were drawn from"},
     .read = nt_suite_read_choice,
     .schema = nt_suite_decide_schema,
     .write = nt_suite_write_choice},
    {{.name = "seeds", .doc = "one training for each"},
     .read = read_seeds,
     .schema = seeds_schema,
     .write = write_seeds},
    {{.name = "initial", .doc = "the weights that training began with, for reinit"},
     .read = read_initial,
     .schema = nt_suite_source_schema,
     .write = write_initial},
    {{"conv", NT_CHOICE, offsetof(nt_suite, conv), "fastest", .choices = nt_conv2d_algorithms,
      .doc = "which algorithms convolutions take"},
     .read = nt_suite_read_choice},
    {{.name = "weights", .doc = "a weights file, in place of train"},
     .read = read_weights,
     .schema = nt_suite_source_schema,
     .write = write_weights},
    {{.name = "train", .doc = "how the weights are trained, one training for each seed"},
     .read = read_train,
     .schema = nt_suite_train_schema,
     .write = nt_suite_write_train},
    {.field = {0}},
};

/* --- the file --------------------------------------------------------------------------------- */

/* What a suite has whose file says nothing of it. */
static bool set_defaults(nt_suite *suite) {
    static const int32_t first_seed[] = {0};
    char why[NT_FIELD_WHY];
    suite->seeds = first_seed;
    suite->seed_count = 1;
    for (const nt_suite_key *key = nt_suite_keys; key->field.name; key++)
        if (key->field.fallback &&
            !nt_field_set_text(&key->field, suite, &suite->arena, key->field.fallback, why))
            return false;
    return nt_suite_default_evaluate(suite) && nt_suite_default_limits(suite);
}

/* Whether the file has the key, or another that was taken for it misspelt. */
static bool has_or_means(const nt_yaml *root, const char *key, const char *const *names) {
    return nt_yaml_get(root, key) || nt_read_means(root, key, names);
}

static nt_status read_top(nt_suite_loader *l) {
    const char *const *names;
    NT_TRY(nt_read_map(&l->reader, l->root, "a suite"));
    NT_TRY(nt_suite_names(l, nt_suite_keys, NULL, &names));
    if (!set_defaults(l->suite))
        return nt_reader_no_memory(&l->reader);
    nt_status status = nt_read_keys(&l->reader, l->root, "a suite", names);
    for (const nt_suite_key *key = nt_suite_keys; key->field.name; key++)
        if (key->required && !has_or_means(l->root, key->field.name, names))
            status =
                nt_suite_worse(status, nt_suite_lacks(l, l->root, "the suite", key->field.name));
    status = nt_suite_worse(status, nt_suite_read_keys(l, l->root, nt_suite_keys, NULL, l->suite));
    if (!has_or_means(l->root, "weights", names) && !has_or_means(l->root, "train", names))
        status = nt_suite_worse(status, nt_reader_say(&l->reader, l->root,
                                                      "the suite has neither 'weights' nor "
                                                      "'train'"));
    if (status == NT_OK)
        status = nt_suite_read_retrains(l);
    return status == NT_OK ? nt_suite_check_decide(l->suite, l->reader.error) : status;
}

static nt_status take_digest(nt_suite *suite, const nt_setting *settings, int count) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return NT_NO_MEMORY;
    for (int i = 0; i < suite->document_count; i++)
        nt_digest_add(digest, suite->documents[i]->source.text, suite->documents[i]->source.length);
    for (int i = 0; i < count; i++) {
        if (nt_suite_is_limit(settings[i].key))
            continue;
        nt_digest_add(digest, settings[i].key, strlen(settings[i].key) + 1);
        nt_digest_add(digest, settings[i].value, strlen(settings[i].value) + 1);
    }
    nt_digest_end(digest, suite->digest);
    return NT_OK;
}

static bool keep_overrides(nt_suite *suite, const nt_setting *settings, int count) {
    nt_setting *kept = NT_ARENA_ARRAY(&suite->arena, nt_setting, count + 1);
    for (int i = 0; kept && i < count; i++) {
        kept[i] = (nt_setting){nt_arena_string(&suite->arena, settings[i].key),
                               nt_arena_string(&suite->arena, settings[i].value)};
        if (!kept[i].key || !kept[i].value)
            return false;
    }
    suite->overrides = kept;
    suite->override_count = count;
    return kept != NULL;
}

nt_status nt_suite_load(const char *path, const nt_setting *settings, int setting_count,
                        nt_suite **ret, nt_error *error) {
    nt_suite *suite = nt_alloc_zero(sizeof *suite);
    if (!suite)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    nt_budget budget;
    nt_budget_init(&budget);
    nt_arena_init(&suite->arena);
    suite->arena.budget = &budget;
    nt_suite_loader l = {.suite = suite, .reader = {.arena = &suite->arena, .error = error}};
    nt_status status = nt_shipped_open(&(nt_sought){NT_SHIPPED_SUITE, path, NULL}, &suite->arena,
                                       &suite->path, error);
    if (status == NT_OK)
        status = nt_suite_load_tree(&l);
    if (status == NT_OK)
        status = nt_override(&suite->arena, l.root, settings, setting_count, true, &l.root, error);
    suite->root = l.root;
    if (status == NT_OK)
        status = read_top(&l);
    if (status == NT_OK && (!keep_overrides(suite, settings, setting_count) ||
                            take_digest(suite, settings, setting_count) != NT_OK))
        status = nt_reader_no_memory(&l.reader);
    suite->arena.budget = NULL;
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
    for (int i = 0; i < suite->document_count; i++)
        nt_document_free(suite->documents[i]);
    nt_arena_finish(&suite->arena);
    nt_free(suite, sizeof *suite);
}
