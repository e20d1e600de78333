/* `train:` of a suite: loss, optimiser, schedule, augmentation, and the weights to begin with. */
#include "suite_file_private.h"

#include "optimiser.h"
#include <string.h>

/* One term: {op: dice_loss, smooth: 1, weight: 0.5, of: aux}. */
static nt_status read_term(nt_suite_loader *l, const nt_yaml *map, nt_loss_term *ret) {
    static const char *const own[] = {"op", "weight", "of", NULL};
    const nt_yaml *node;
    const char *name;
    const nt_kind *kind;
    void *attrs;
    ret->weight = 1;
    NT_TRY(nt_suite_read_kind(l, map, "loss", "op", &node, &name));
    NT_TRY(nt_suite_find(l, node, "loss", name, nt_ops, nt_op_is_loss, &kind));
    const nt_yaml *weight = nt_yaml_get(map, "weight"), *of = nt_yaml_get(map, "of");
    if (of)
        NT_TRY(nt_read_text(&l->reader, of, "of", &ret->of));
    if (weight) {
        NT_TRY(nt_read_real(&l->reader, weight, "weight", &ret->weight));
        if (!(ret->weight > 0))
            return nt_reader_say(&l->reader, weight, "a term's weight must be above 0");
    }
    NT_TRY(nt_read_record(&l->reader, map, map, kind, "attribute", own, &attrs));
    ret->op = (const nt_op *)kind;
    ret->attrs = attrs;
    return NT_OK;
}

/* A term, or a list of them. */
static nt_status read_loss(nt_suite_loader *l, const nt_yaml *node, nt_recipe *recipe) {
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

static nt_status read_optimiser(nt_suite_loader *l, const nt_yaml *map, nt_recipe *recipe) {
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

static nt_status read_schedule(nt_suite_loader *l, const nt_yaml *map, nt_recipe *recipe) {
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

static nt_status read_augment(nt_suite_loader *l, const nt_yaml *list, nt_recipe *recipe) {
    NT_TRY(nt_read_list(&l->reader, list, "augment"));
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

/* A weights file; relative to the suite. */
static nt_status read_from(nt_suite_loader *l, const nt_yaml *node, nt_recipe *recipe) {
    const char *path;
    (void)recipe;
    NT_TRY(nt_read_text(&l->reader, node, "from", &path));
    l->suite->from = nt_suite_beside(l, path);
    return l->suite->from ? NT_OK : nt_reader_no_memory(&l->reader);
}

const nt_field nt_suite_train_fields[] = {
    {"epochs", NT_INT, offsetof(nt_recipe, epochs), NULL, 1, 1000000,
     .doc = "how often the training images are gone through"},
    {"batch", NT_INT, offsetof(nt_recipe, batch), NULL, 1, 65536, .doc = "images a step"},
    {"checkpoint_every", NT_REAL, offsetof(nt_recipe, checkpoint_every), "120", 0, 1e9,
     .doc = "seconds between checkpoints; 0: only after an epoch"},
    {0},
};

nt_status nt_suite_read_train(nt_suite_loader *l, const nt_yaml *map) {
    static const char *const own[] = {"loss", "optimiser", "schedule", "augment", "from", NULL};
    static nt_status (*const readers[])(nt_suite_loader *, const nt_yaml *, nt_recipe *) = {
        read_loss, read_optimiser, read_schedule, read_augment, read_from};
    nt_recipe *recipe = NT_ARENA_NEW(l->reader.arena, nt_recipe);
    if (!recipe)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_map(&l->reader, map, "train"));
    nt_status status =
        nt_read_fields(&l->reader, map, map, "train", "key", nt_suite_train_fields, own, recipe);
    for (int i = 0; own[i]; i++) {
        const nt_yaml *section = nt_yaml_get(map, own[i]);
        if (section)
            status = nt_suite_worse(status, readers[i](l, section, recipe));
        else if (i < 3)
            status = nt_suite_worse(status, nt_suite_lacks(l, map, "train", own[i]));
    }
    recipe->conv = l->suite->conv;
    l->suite->recipe = recipe;
    if (status == NT_OK) {
        l->suite->batch_location = nt_reader_location(&l->reader, nt_yaml_get(map, "batch"));
        l->suite->loss_location = nt_reader_location(&l->reader, nt_yaml_get(map, "loss"));
    }
    return status;
}
