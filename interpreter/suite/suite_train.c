/* `train:` of a suite: loss, optimiser, schedule, augmentation, and the weights to begin with. */
#include "suite_file_private.h"
#include "suite_train_parts.h"

#include "json_out.h"
#include "json_schema.h"
#include "optimiser.h"
#include "yaml_out.h"

/* --- loss ------------------------------------------------------------------------------------- */

static nt_status read_weight(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    nt_loss_term *term = record;
    NT_TRY(nt_read_real(&l->reader, node, key->field.name, &term->weight));
    if (!(term->weight > 0))
        return nt_reader_say(&l->reader, node, "a term's weight must be above 0");
    return NT_OK;
}

/* What terms of every kind may say; the record is the nt_loss_term. */
static const nt_suite_key term_keys[] = {
    {{"of", NT_STRING, offsetof(nt_loss_term, of),
      .doc = "the output that it is of (default: the first)"},
     .read = nt_suite_read_text},
    {{"weight", NT_REAL, offsetof(nt_loss_term, weight), "1", .above = true,
      .doc = "what the term counts"},
     .read = read_weight},
    {.field = {0}},
};

/* One term: {op: dice_loss, smooth: 1, weight: 0.5, of: aux}. */
static nt_status read_term(nt_suite_loader *l, const nt_yaml *map, nt_loss_term *ret) {
    const char *const *own, *name;
    const nt_yaml *node;
    const nt_kind *kind;
    void *attrs;
    ret->weight = 1;
    NT_TRY(nt_suite_read_kind(l, map, "loss", "op", &node, &name));
    NT_TRY(nt_suite_find(l, node, "loss", name, nt_ops, nt_op_is_loss, &kind));
    NT_TRY(nt_suite_read_in_turn(l, map, term_keys, ret));
    NT_TRY(nt_suite_names(l, term_keys, "op", &own));
    NT_TRY(nt_read_record(&l->reader, map, map, kind, "attribute", own, &attrs));
    ret->op = (const nt_op *)kind;
    ret->attrs = attrs;
    return NT_OK;
}

static json_t *loss_schema(void) {
    json_t *words = nt_suite_schema_of_keys(term_keys);
    json_t *term =
        words ? nt_schema_kinds("op", "which loss", nt_ops, nt_op_is_loss, words, NT_SCHEMA_PLAIN)
              : NULL;
    json_t *terms = json_pack("{s:s, s:i, s:O}", "type", "array", "minItems", 1, "items", term);
    return json_pack("{s:[o, o]}", "anyOf", term, terms);
}

/* A term, or a list of them. */
static nt_status read_loss(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                           void *record) {
    nt_recipe *recipe = record;
    (void)key;
    bool list = node->kind == NT_YAML_LIST;
    int32_t count = list ? node->count : 1;
    if (count < 1 || count > NT_MAX_INPUTS)
        return nt_reader_say(&l->reader, node, "a loss has 1 to %d terms, not %d", NT_MAX_INPUTS,
                             count);
    nt_loss_term *terms = NT_ARENA_ARRAY(l->reader.arena, nt_loss_term, count);
    if (!terms)
        return nt_reader_no_memory(&l->reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < count; i++)
        status = nt_suite_worse(status, read_term(l, list ? node->items[i] : node, &terms[i]));
    recipe->loss = terms;
    recipe->loss_count = count;
    return status;
}

static nt_status read_optimiser(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                                void *record) {
    nt_recipe *recipe = record;
    (void)key;
    static const char *const own[] = {"kind", NULL};
    const nt_yaml *node;
    const char *name;
    char why[NT_OPTIMISER_WHY];
    const nt_kind *kind;
    void *options;
    NT_TRY(nt_suite_read_kind(l, map, "optimiser", "kind", &node, &name));
    NT_TRY(nt_suite_find(l, node, "optimiser", name, nt_optimisers, NULL, &kind));
    NT_TRY(nt_read_record(&l->reader, map, map, kind, "option", own, &options));
    recipe->optimiser = (const nt_optimiser *)kind;
    recipe->optimiser_options = options;
    if (recipe->optimiser->fits && !recipe->optimiser->fits(options, why))
        return nt_reader_say(&l->reader, map, "the optimiser '%s' does not fit: %s", name, why);
    return NT_OK;
}

static nt_status read_schedule(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                               void *record) {
    nt_recipe *recipe = record;
    (void)key;
    static const char *const own[] = {"kind", NULL};
    const nt_yaml *node;
    const char *name;
    char why[NT_SCHEDULE_WHY];
    const nt_kind *kind;
    void *options;
    NT_TRY(nt_suite_read_kind(l, map, "schedule", "kind", &node, &name));
    NT_TRY(nt_suite_find(l, node, "schedule", name, nt_schedules, NULL, &kind));
    NT_TRY(nt_read_record(&l->reader, map, map, kind, "option", own, &options));
    recipe->schedule = (const nt_schedule *)kind;
    recipe->schedule_options = options;
    if (recipe->schedule->fits && recipe->epochs > 0 &&
        !recipe->schedule->fits(options, recipe->epochs, why))
        return nt_reader_say(&l->reader, map, "the schedule '%s' does not fit: %s", name, why);
    return NT_OK;
}

/* `flip`, or `{crop: {pad: 4}}`. */
static nt_status read_augment_step(nt_suite_loader *l, const nt_yaml *node, nt_augment_step *ret) {
    const nt_yaml *key = node, *options = NULL;
    const char *name;
    char why[NT_FIELD_WHY];
    const nt_kind *kind;
    void *record;
    if (node->kind == NT_YAML_MAP && node->count == 1) {
        key = node->entries[0].key;
        options = node->entries[0].value;
    }
    NT_TRY(nt_read_text(&l->reader, key, "an augmentation", &name));
    NT_TRY(nt_suite_find(l, key, "augmentation", name, nt_augments, NULL, &kind));
    if (options && !nt_yaml_absent(options))
        NT_TRY(nt_read_record(&l->reader, options, options, kind, "option", NULL, &record));
    else if (!(record = nt_kind_record(kind, "", l->reader.arena, why)))
        return nt_reader_no_memory(&l->reader);
    *ret = (nt_augment_step){(const nt_augment *)kind, record};
    return NT_OK;
}

static nt_status read_augment(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *list,
                              void *record) {
    nt_recipe *recipe = record;
    NT_TRY(nt_read_list(&l->reader, list, key->field.name));
    nt_augment_step *steps = NT_ARENA_ARRAY(l->reader.arena, nt_augment_step, list->count);
    if (!steps)
        return nt_reader_no_memory(&l->reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < list->count; i++)
        status = nt_suite_worse(status, read_augment_step(l, list->items[i], &steps[i]));
    recipe->augment = steps;
    recipe->augment_count = list->count;
    return status;
}

static nt_status read_from(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                           void *record) {
    (void)record;
    return nt_suite_read_source(l, node, key->field.name, true, &l->suite->from);
}

static const char *const statistics[] = {
    [NT_STATISTICS_OF_SHARD] = "shard", [NT_STATISTICS_OF_ALL] = "batch", NULL};

const nt_field nt_suite_train_fields[] = {
    {"epochs", NT_INT, offsetof(nt_recipe, epochs), NULL, 1, 1000000,
     .doc = "how often the training images are gone through"},
    {"batch", NT_INT, offsetof(nt_recipe, batch), NULL, 1, 65536, .doc = "images a step"},
    {"shards", NT_INT, offsetof(nt_recipe, shards), "1", 1, NT_MAX_SHARDS,
     .doc = "into which a batch is cut, each with its own batch statistics, so that up to as many "
            "processes can train together: a power of two"},
    {"batch_statistics", NT_CHOICE, offsetof(nt_recipe, batch_statistics), "shard",
     .choices = statistics,
     .doc = "of a batch in shards: whose statistics batch normalisation takes in training"},
    {"checkpoint_every", NT_REAL, offsetof(nt_recipe, checkpoint_every), "120", 0, 1e9,
     .doc = "seconds between checkpoints; 0: only after an epoch"},
    {0},
};

/* --- all -------------------------------------------------------------------------------------- */

static json_t *optimiser_schema(void) {
    return nt_schema_kinds("kind", "which one", nt_optimisers, NULL, NULL, NT_SCHEMA_PLAIN);
}

static json_t *schedule_schema(void) {
    return nt_schema_kinds("kind", "which one", nt_schedules, NULL, NULL, NT_SCHEMA_PLAIN);
}

/* `flip`, or `{crop: {pad: 4}}`. */
static json_t *augment_schema(void) {
    json_t *forms = json_array(), *properties = json_object();
    for (const nt_kind *const *a = nt_augments; *a; a++) {
        json_t *options = nt_schema_fields((*a)->fields, NULL, NT_SCHEMA_PLAIN);
        forms = nt_json_append(
            forms, json_pack("{s:s, s:s}", "const", (*a)->name, "description", (*a)->doc));
        if (json_object_set_new(properties, (*a)->name,
                                json_pack("{s:[o, {s:s}], s:s}", "anyOf", options, "type", "null",
                                          "description", (*a)->doc)) != 0) {
            json_decref(forms);
            forms = NULL;
        }
    }
    forms = nt_json_append(forms, json_pack("{s:s, s:o, s:b, s:i, s:i}", "type", "object",
                                            "properties", properties, "additionalProperties", 0,
                                            "minProperties", 1, "maxProperties", 1));
    return json_pack("{s:s, s:{s:o}}", "type", "array", "items", "anyOf", forms);
}

static void write_loss(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    for (int32_t i = 0; i < recipe->loss_count; i++) {
        const nt_loss_term *term = &recipe->loss[i];
        nt_text_printf(w->text, "%*s- {op: %s, weight: ", w->indent + 2, "", term->op->kind.name);
        nt_yaml_add_real(w->text, term->weight, w->arena);
        if (term->of) {
            nt_text_add(w->text, ", of: ");
            nt_yaml_add_quoted(w->text, term->of, false);
        }
        nt_suite_add_record(w, &term->op->kind, term->attrs, true);
        nt_text_add(w->text, "}\n");
    }
}

static void write_kind(nt_suite_writer *w, const char *key, const nt_kind *kind,
                       const void *options) {
    nt_suite_begin_line(w, key);
    nt_text_printf(w->text, " {kind: %s", kind->name);
    nt_suite_add_record(w, kind, options, true);
    nt_text_add(w->text, "}\n");
}

static void write_optimiser(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record;
    write_kind(w, key->field.name, &recipe->optimiser->kind, recipe->optimiser_options);
}

static void write_schedule(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record;
    write_kind(w, key->field.name, &recipe->schedule->kind, recipe->schedule_options);
}

static void write_augment(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, recipe->augment_count > 0 ? "\n" : " []\n");
    for (int32_t i = 0; i < recipe->augment_count; i++) {
        const nt_kind *kind = &recipe->augment[i].augment->kind;
        nt_text_printf(w->text, "%*s- %s: {", w->indent + 2, "", kind->name);
        nt_suite_add_record(w, kind, recipe->augment[i].options, false);
        nt_text_add(w->text, "}\n");
    }
}

static void write_from(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    (void)record;
    nt_suite_write_given(w, key->field.name, &w->suite->from);
}

const nt_suite_key nt_suite_recipe_keys[] = {
    {{.name = "loss",
      .doc = "what training makes small: a term, or a list of terms that are added"},
     .required = true,
     .read = read_loss,
     .schema = loss_schema,
     .write = write_loss},
    {{.name = "optimiser", .doc = "how weights follow the gradient"},
     .required = true,
     .read = read_optimiser,
     .schema = optimiser_schema,
     .write = write_optimiser},
    {{.name = "schedule", .doc = "the learning rate over the steps"},
     .required = true,
     .read = read_schedule,
     .schema = schedule_schema,
     .write = write_schedule},
    {{.name = "augment",
      .doc = "what training images go through, in this order (default: nothing)"},
     .read = read_augment,
     .schema = augment_schema,
     .write = write_augment},
    {{.name = "frozen",
      .doc = "what is not trained: names of layers or parameters, in which * stands for any text"},
     .read = nt_suite_read_frozen,
     .schema = nt_suite_frozen_schema,
     .write = nt_suite_write_frozen},
    {{.name = "rates",
      .doc = "by such names, shares of the learning rate for parts of the network; of several the "
             "last one counts"},
     .read = nt_suite_read_rates,
     .schema = nt_suite_rates_schema,
     .write = nt_suite_write_rates},
    {.field = {0}},
};

/* What only training from the start says; the record is the nt_recipe, too. */
static const nt_suite_key train_keys[] = {
    {{.name = "snapshots",
      .doc = "after which epochs the weights are kept, in the seed's folder, for reinit: numbers, "
             "or end; 0 and end are there in any case"},
     .read = nt_suite_read_snapshots,
     .schema = nt_suite_snapshots_schema,
     .write = nt_suite_write_snapshots},
    {{.name = "from", .doc = "weights to begin with"},
     .read = read_from,
     .schema = nt_suite_begin_schema,
     .write = write_from},
    {.field = {0}},
};

/* Shards are alike, and their sums a full binary tree. */
nt_status nt_suite_check_shards(nt_suite_loader *l, const nt_yaml *map, const nt_recipe *recipe) {
    int32_t shards = recipe->shards;
    const nt_yaml *node = nt_yaml_get(map, "shards");
    if ((shards & (shards - 1)) != 0)
        return nt_reader_say(&l->reader, node, "shards must be a power of two, not %d", shards);
    if (recipe->batch % shards != 0)
        return nt_reader_say(&l->reader, node, "a batch of %d can't be cut into %d equal shards",
                             recipe->batch, shards);
    return NT_OK;
}

enum {
    MOST_KEYS = sizeof nt_suite_recipe_keys / sizeof *nt_suite_recipe_keys +
                sizeof train_keys / sizeof *train_keys
};

/* The names of all keys, NULL-terminated. */
static void list_keys(const char *ret[MOST_KEYS]) {
    for (const nt_suite_key *key = nt_suite_recipe_keys; key->field.name; key++)
        *ret++ = key->field.name;
    for (const nt_suite_key *key = train_keys; key->field.name; key++)
        *ret++ = key->field.name;
    *ret = NULL;
}

json_t *nt_suite_train_schema(void) {
    json_t *schema = nt_suite_schema_of(nt_suite_train_fields, nt_suite_recipe_keys);
    json_t *more = nt_suite_schema_of_keys(train_keys);
    bool ok = more && json_object_update(json_object_get(schema, "properties"), more) == 0;
    json_decref(more);
    if (ok)
        return schema;
    json_decref(schema);
    return NULL;
}

nt_status nt_suite_read_train(nt_suite_loader *l, const nt_yaml *map) {
    const char *own[MOST_KEYS];
    nt_recipe *recipe = NT_ARENA_NEW(l->reader.arena, nt_recipe);
    if (!recipe)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_map(&l->reader, map, "train"));
    list_keys(own);
    nt_status status =
        nt_read_fields(&l->reader, map, map, "train", "key", nt_suite_train_fields, own, recipe);
    status =
        nt_suite_worse(status, nt_suite_read_keys(l, map, nt_suite_recipe_keys, "train", recipe));
    status = nt_suite_worse(status, nt_suite_read_keys(l, map, train_keys, "train", recipe));
    if (status == NT_OK)
        status = nt_suite_check_shards(l, map, recipe);
    recipe->conv = l->suite->conv;
    l->suite->recipe = recipe;
    return status;
}

void nt_suite_write_train(nt_suite_writer *w, const nt_suite_key *key, const void *suite) {
    const nt_recipe *recipe = ((const nt_suite *)suite)->recipe;
    if (!recipe)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    w->indent += 2;
    nt_suite_write_fields(w, nt_suite_train_fields, recipe);
    nt_suite_write_keys(w, nt_suite_recipe_keys, recipe);
    nt_suite_write_keys(w, train_keys, recipe);
    w->indent -= 2;
}
