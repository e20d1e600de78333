/* The globals that are known (torch/_utils.py, torch/serialization.py): ordered dicts, PyTorch's
 * classes of storages, and the functions that make tensors of them. */
#include "pickle_private.h"

#include "alloc.h"
#include <string.h>

enum { MOST_DIMENSIONS = 64 };

typedef nt_status calling(const nt_pickle_machine *m, const nt_pickled *arguments,
                          nt_pickled **ret);

static calling ordered_dict, rebuild_tensor, rebuild_parameter;

static const struct global {
    const char *module, *name;
    calling *call;        /* NULL: a class of storages, */
    const char *encoding; /* whose elements are these */
} globals[] = {
    {"collections", "OrderedDict", ordered_dict, NULL},
    {"torch._utils", "_rebuild_tensor_v2", rebuild_tensor, NULL},
    {"torch._utils", "_rebuild_tensor", rebuild_tensor, NULL},
    {"torch._utils", "_rebuild_parameter", rebuild_parameter, NULL},
    {"torch", "FloatStorage", NULL, "F32"},
    {"torch", "DoubleStorage", NULL, "F64"},
    {"torch", "HalfStorage", NULL, "F16"},
    {"torch", "BFloat16Storage", NULL, "BF16"},
    {"torch", "LongStorage", NULL, "I64"},
    {"torch", "IntStorage", NULL, "I32"},
    {"torch", "ShortStorage", NULL, "I16"},
    {"torch", "CharStorage", NULL, "I8"},
    {"torch", "ByteStorage", NULL, "U8"},
    {"torch", "BoolStorage", NULL, "BOOL"},
};

nt_status nt_pickle_global(const nt_pickle_machine *m, const char *module, const char *name,
                           nt_pickled **ret) {
    const nt_tensor_file *file = m->in->file;
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (strcmp(globals[i].module, module) == 0 && strcmp(globals[i].name, name) == 0) {
            if (!(*ret = nt_pickle_value(m, NT_PICKLED_GLOBAL)))
                return nt_pickle_no_memory(m->in);
            (*ret)->integer = (int64_t)i;
            return NT_OK;
        }
    return nt_pickle_refuse(m, "the global '%s.%s' is refused", nt_tensor_file_show(file, module),
                            nt_tensor_file_show(file, name));
}

nt_status nt_pickle_call(const nt_pickle_machine *m, const nt_pickled *global,
                         const nt_pickled *arguments, nt_pickled **ret) {
    const struct global *known = &globals[global->integer];
    if (!known->call)
        return nt_pickle_refuse(m, "a call of '%s.%s' is refused", known->module, known->name);
    return known->call(m, arguments, ret);
}

/* Argument number i if there is one of the kind; NULL otherwise. */
static const nt_pickled *argument(const nt_pickled *arguments, size_t i, nt_pickled_kind kind) {
    const nt_pickled_items *items = &arguments->list;
    return i < items->count && items->items[i]->kind == kind ? items->items[i] : NULL;
}

/* Empty, or, as Python 2 made it, of a list of pairs, which no other dict may be made of: else a
 * few bytes could ask for many copies. */
static nt_status ordered_dict(const nt_pickle_machine *m, const nt_pickled *arguments,
                              nt_pickled **ret) {
    nt_pickled *dict = nt_pickle_value(m, NT_PICKLED_DICT);
    nt_pickled *pairs = argument(arguments, 0, NT_PICKLED_LIST) ? arguments->list.items[0] : NULL;
    if (!dict)
        return nt_pickle_no_memory(m->in);
    if (arguments->list.count != (pairs ? 1 : 0) || (pairs && pairs->visited))
        return nt_pickle_broken(m, "an OrderedDict is made of what is no list of pairs");
    if (pairs)
        pairs->visited = true;
    for (size_t i = 0; pairs && i < pairs->list.count; i++) {
        const nt_pickled *pair = pairs->list.items[i];
        if ((pair->kind != NT_PICKLED_LIST && pair->kind != NT_PICKLED_TUPLE) ||
            pair->list.count != 2)
            return nt_pickle_broken(m, "an OrderedDict is made of what is no list of pairs");
        NT_TRY(nt_pickle_append(m, dict, pair->list.items[0]));
        NT_TRY(nt_pickle_append(m, dict, pair->list.items[1]));
    }
    *ret = dict;
    return NT_OK;
}

/* ('storage', class, key, device, elements), and in the legacy form also None: no view. */
nt_status nt_pickle_persistent(const nt_pickle_machine *m, const nt_pickled *id, nt_pickled **ret) {
    nt_pickle_reader *in = m->in;
    bool tuple = id->kind == NT_PICKLED_TUPLE && id->list.count >= 5 && id->list.count <= 6;
    const nt_pickled *what = tuple ? argument(id, 0, NT_PICKLED_TEXT) : NULL;
    const nt_pickled *class = tuple ? argument(id, 1, NT_PICKLED_GLOBAL) : NULL;
    const nt_pickled *key = tuple ? argument(id, 2, NT_PICKLED_TEXT) : NULL;
    const nt_pickled *count = tuple ? argument(id, 4, NT_PICKLED_INTEGER) : NULL;
    if (!what || strcmp(what->text, "storage") != 0 || !class ||
        !globals[class->integer].encoding || !key || !count || count->integer < 0)
        return nt_pickle_refuse(m, "a persistent id that names no storage is refused");
    if (id->list.count == 6 && !argument(id, 5, NT_PICKLED_NONE))
        return nt_pickle_refuse(m, "a storage that is part of another is refused");
    nt_pickled *value = nt_pickle_value(m, NT_PICKLED_STORAGE);
    if (!value || !nt_grow((void **)&in->storages, &in->storage_capacity, in->storage_count,
                           sizeof *in->storages))
        return nt_pickle_no_memory(in);
    value->storage =
        (nt_pickled_storage){.encoding = nt_encoding_find(globals[class->integer].encoding),
                             .key = key->text,
                             .count = count->integer,
                             .begin = -1};
    in->storages[in->storage_count++] = value;
    *ret = value;
    return NT_OK;
}

/* --- tensors ---------------------------------------------------------------------------------- */

/* A tuple of numbers, none below 0. */
static nt_status read_numbers(const nt_pickle_machine *m, const nt_pickled *tuple,
                              const int64_t **ret) {
    int64_t *numbers = NT_ARENA_ARRAY(m->in->file->arena, int64_t, tuple->list.count + 1);
    m->in->made += (tuple->list.count + 1) * sizeof *numbers;
    if (!numbers)
        return nt_pickle_no_memory(m->in);
    for (size_t i = 0; i < tuple->list.count; i++) {
        const nt_pickled *item = argument(tuple, i, NT_PICKLED_INTEGER);
        if (!item || item->integer < 0)
            return nt_pickle_broken(m, "a tensor's shape or strides are no numbers from 0 on");
        numbers[i] = item->integer;
    }
    *ret = numbers;
    return NT_OK;
}

/* How many stored elements it is from the first to behind the last; false if that is too many to
 * count. */
static bool measure_span(const nt_pickled_tensor *tensor, int64_t *ret) {
    int64_t span = 1, step;
    bool fine = true;
    *ret = 0;
    for (size_t i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] == 0)
            return true;
    for (size_t i = 0; i < tensor->rank; i++)
        fine = fine && !__builtin_mul_overflow(tensor->shape[i] - 1, tensor->stride[i], &step) &&
               !__builtin_add_overflow(span, step, &span);
    *ret = span;
    return fine;
}

/* (storage, first element, shape, strides, …): what follows is of gradients. */
static nt_status rebuild_tensor(const nt_pickle_machine *m, const nt_pickled *arguments,
                                nt_pickled **ret) {
    const nt_pickled *storage = argument(arguments, 0, NT_PICKLED_STORAGE);
    const nt_pickled *first = argument(arguments, 1, NT_PICKLED_INTEGER);
    const nt_pickled *shape = argument(arguments, 2, NT_PICKLED_TUPLE);
    const nt_pickled *stride = argument(arguments, 3, NT_PICKLED_TUPLE);
    if (!storage || !first || !shape || !stride || first->integer < 0 ||
        shape->list.count != stride->list.count || shape->list.count > MOST_DIMENSIONS)
        return nt_pickle_broken(m, "a tensor is not made of a storage, a place, a shape and "
                                   "strides");
    nt_pickled_tensor tensor = {.storage = &arguments->list.items[0]->storage,
                                .first = first->integer,
                                .rank = shape->list.count};
    NT_TRY(read_numbers(m, shape, &tensor.shape));
    NT_TRY(read_numbers(m, stride, &tensor.stride));
    if (!measure_span(&tensor, &tensor.span) || tensor.first > storage->storage.count ||
        tensor.span > storage->storage.count - tensor.first)
        return nt_pickle_broken(m, "a tensor reaches past its storage of %lld elements",
                                (long long)storage->storage.count);
    if (!(*ret = nt_pickle_value(m, NT_PICKLED_TENSOR)))
        return nt_pickle_no_memory(m->in);
    (*ret)->tensor = tensor;
    return NT_OK;
}

static nt_status rebuild_parameter(const nt_pickle_machine *m, const nt_pickled *arguments,
                                   nt_pickled **ret) {
    if (!argument(arguments, 0, NT_PICKLED_TENSOR))
        return nt_pickle_broken(m, "a parameter is made of what is no tensor");
    *ret = arguments->list.items[0];
    return NT_OK;
}
