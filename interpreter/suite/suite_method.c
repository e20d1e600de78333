/* How a run is made, as the plain data of results.json: every field of a record is an option. */
#include "suite_run_private.h"

#include "machine.h"
#include <stdlib.h>
#include <string.h>

/* Numbers as an option's list. */
static bool take_list(nt_option *option, int32_t count, nt_arena *arena) {
    option->list = true;
    option->count = count;
    option->items = NT_ARENA_ARRAY(arena, nt_scalar, count + 1);
    return option->items != NULL;
}

static nt_scalar integer(int64_t value) {
    return (nt_scalar){.kind = NT_SCALAR_INT, .integer = value};
}

static nt_scalar real(double value) {
    return (nt_scalar){.kind = NT_SCALAR_REAL, .real = value};
}

static nt_scalar text(const char *value) {
    return (nt_scalar){.kind = NT_SCALAR_TEXT, .text = value ? value : ""};
}

static bool take_integers(nt_option *option, const int32_t *values, int32_t count,
                          nt_arena *arena) {
    bool ok = take_list(option, count, arena);
    for (int32_t i = 0; ok && i < count; i++)
        ((nt_scalar *)(uintptr_t)option->items)[i] = integer(values[i]);
    return ok;
}

static bool take_reals(nt_option *option, const double *values, int32_t count, nt_arena *arena) {
    bool ok = take_list(option, count, arena);
    for (int32_t i = 0; ok && i < count; i++)
        ((nt_scalar *)(uintptr_t)option->items)[i] = real(values[i]);
    return ok;
}

static bool take_one(nt_option *option, nt_scalar value, nt_arena *arena) {
    option->count = 1;
    option->items = nt_arena_copy(arena, &value, sizeof value);
    return option->items != NULL;
}

static bool take_field(const nt_field *field, const void *record, nt_arena *arena,
                       nt_option *option) {
    const void *at = (const char *)record + field->offset;
    const nt_ints *ints = at;
    const nt_reals *reals = at;
    *option = (nt_option){.name = field->name};
    switch (field->type) {
    case NT_INT:
        return take_one(option, integer(*(const int32_t *)at), arena);
    case NT_INT64:
        return take_one(option, integer(*(const int64_t *)at), arena);
    case NT_REAL:
        return take_one(option, real(*(const double *)at), arena);
    case NT_BOOL:
        return take_one(option, (nt_scalar){.kind = NT_SCALAR_BOOL, .truth = *(const bool *)at},
                        arena);
    case NT_CHOICE:
        return take_one(option, text(field->choices[*(const int32_t *)at]), arena);
    case NT_STRING:
    case NT_LABELS: {
        const char *string = *(const char *const *)at;
        string = string ? nt_arena_string(arena, string) : "";
        return string && take_one(option, text(string), arena);
    }
    case NT_PAIR:
        return take_integers(option, at, 2, arena);
    case NT_INTS:
        return take_integers(option, ints->items, ints->count, arena);
    case NT_REALS:
        return take_reals(option, reals->items, reals->count, arena);
    }
    return false;
}

static nt_status take_part(const nt_suite_work *work, const nt_kind *kind, const void *record,
                           nt_method_part *ret) {
    nt_arena *arena = &work->results->arena;
    int32_t count = 0;
    for (const nt_field *field = kind->fields; field->name; field++)
        count += !field->hidden;
    nt_option *options = NT_ARENA_ARRAY(arena, nt_option, count + 1);
    *ret = (nt_method_part){.kind = kind->name, .options = options};
    for (const nt_field *field = kind->fields; options && field->name; field++)
        if (!field->hidden && !take_field(field, record, arena, &options[ret->option_count++]))
            return nt_suite_no_memory(work);
    return options ? NT_OK : nt_suite_no_memory(work);
}

/* A float in its shortest decimal reads as another double than it is. */
static bool take_floats(nt_option *option, const char *name, const float *values, int32_t count,
                        nt_arena *arena) {
    char digits[32];
    double numbers[NT_MAX_CHANNELS];
    for (int32_t i = 0; i < count; i++)
        for (int precision = 1; precision <= 9; precision++) {
            snprintf(digits, sizeof digits, "%.*g", precision, (double)values[i]);
            numbers[i] = strtod(digits, NULL);
            if ((float)numbers[i] == values[i])
                break;
        }
    *option = (nt_option){.name = name};
    return take_reals(option, numbers, count, arena);
}

static nt_status take_normalisation(const nt_suite_work *work, nt_method_part *ret) {
    const nt_normalising how =
        nt_suite_normalising(&work->suite->data, nt_dataset_info(work->dataset));
    nt_arena *arena = &work->results->arena;
    *ret = (nt_method_part){.kind = how.by_image ? "image" : "channels"};
    if (!how.mean)
        return NT_OK;
    nt_option *options = NT_ARENA_ARRAY(arena, nt_option, 2);
    if (!options || !take_floats(&options[0], "mean", how.mean, how.channels, arena) ||
        !take_floats(&options[1], "deviation", how.deviation, how.channels, arena))
        return nt_suite_no_memory(work);
    ret->options = options;
    ret->option_count = 2;
    return NT_OK;
}

/* The last name of a folder's path; NULL: it has none. False when out of memory. */
static bool take_root(const char *path, nt_arena *arena, const char **ret) {
    size_t length = path ? strlen(path) : 0;
    while (length > 0 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (start == length)
        return true;
    *ret = nt_arena_substring(arena, path + start, length - start);
    return *ret != NULL;
}

static nt_status take_loss(const nt_suite_work *work, nt_method_training *ret) {
    const nt_recipe *recipe = work->suite->recipe;
    nt_method_term *terms =
        NT_ARENA_ARRAY(&work->results->arena, nt_method_term, recipe->loss_count);
    for (int32_t i = 0; terms && i < recipe->loss_count; i++) {
        terms[i] = (nt_method_term){.weight = recipe->loss[i].weight, .of = recipe->loss[i].of};
        NT_TRY(take_part(work, &recipe->loss[i].op->kind, recipe->loss[i].attrs, &terms[i].op));
    }
    ret->loss = terms;
    ret->loss_count = recipe->loss_count;
    return terms ? NT_OK : nt_suite_no_memory(work);
}

static nt_status take_augmentation(const nt_suite_work *work, nt_method_training *ret) {
    const nt_recipe *recipe = work->suite->recipe;
    nt_method_part *parts =
        NT_ARENA_ARRAY(&work->results->arena, nt_method_part, recipe->augment_count + 1);
    for (int32_t i = 0; parts && i < recipe->augment_count; i++)
        NT_TRY(take_part(work, &recipe->augment[i].augment->kind, recipe->augment[i].options,
                         &parts[i]));
    ret->augment = parts;
    ret->augment_count = recipe->augment_count;
    return parts ? NT_OK : nt_suite_no_memory(work);
}

static nt_status take_training(const nt_suite_work *work, nt_method_training *ret) {
    const nt_recipe *recipe = work->suite->recipe;
    const char *from = work->suite->from.path, *slash = from ? strrchr(from, '/') : NULL;
    if (!recipe)
        return NT_OK;
    *ret = (nt_method_training){.images = nt_dataset_count(work->dataset, NT_TRAIN),
                                .epochs = recipe->epochs,
                                .batch = recipe->batch,
                                .shards = recipe->shards > 1 ? recipe->shards : 0,
                                .batch_statistics = nt_recipe_joins(recipe),
                                .from = slash ? slash + 1 : from};
    NT_TRY(take_loss(work, ret));
    NT_TRY(take_part(work, &recipe->optimiser->kind, recipe->optimiser_options, &ret->optimiser));
    NT_TRY(take_part(work, &recipe->schedule->kind, recipe->schedule_options, &ret->schedule));
    return take_augmentation(work, ret);
}

nt_status nt_suite_describe_method(nt_suite_work *work) {
    nt_method *method = &work->results->method;
    nt_arena *arena = &work->results->arena;
    const nt_suite_data *data = &work->suite->data;
    nt_shape shape = nt_loader_shape(work->loader);
    char processor[NT_MACHINE_NAME];
    nt_machine_processor(processor);
    *method = (nt_method){.processor = nt_arena_string(arena, processor),
                          .shape = nt_arena_copy(arena, shape.dim, sizeof shape.dim),
                          .rank = shape.rank,
                          .limit = work->suite->evaluate.limit,
                          .first = work->suite->evaluate.first};
    if (!method->processor || !method->shape || !take_root(data->root, arena, &method->root))
        return nt_suite_no_memory(work);
    NT_TRY(take_part(work, &data->kind->kind, data->options, &method->data));
    NT_TRY(take_normalisation(work, &method->normalise));
    return take_training(work, &method->training);
}
