/* The walk goes through each dict and list once, however often it is there, and not deep: what
 * holds state dicts is a dict of a program's own making. */
#include "pytorch_parts.h"

#include "alloc.h"
#include <string.h>

enum { DEEPEST = 5, MOST_PARTS = 10000, MOST_TENSORS = 1 << 20 };

typedef struct walk {
    const nt_tensor_file *file;
    nt_weights_part *parts; /* grows; copied to the arena at the end */
    size_t count, capacity;
    size_t tensors; /* of all parts: a tensor may be in any number of them */
} walk;

/* Which stored element follows which: NULL if they are rows, one after the other. */
static const int64_t *stride_of(const nt_pickled_tensor *tensor) {
    int64_t dense = 1;
    for (size_t i = tensor->rank; i-- > 0;) {
        if (tensor->shape[i] != 1 && tensor->stride[i] != dense)
            return tensor->stride;
        if (tensor->shape[i] == 0 || __builtin_mul_overflow(dense, tensor->shape[i], &dense))
            return NULL; /* without elements, or with more than the span can have */
    }
    return NULL;
}

static nt_entry entry_of(const char *name, const nt_pickled_tensor *tensor) {
    const nt_encoding *encoding = tensor->storage->encoding;
    int64_t begin = tensor->storage->begin + tensor->first * encoding->width;
    return (nt_entry){.name = name,
                      .encoding = encoding,
                      .rank = tensor->rank,
                      .shape = tensor->shape,
                      .stride = tensor->span ? stride_of(tensor) : NULL,
                      .begin = begin,
                      .end = begin + tensor->span * encoding->width};
}

/* The key of item number i of a dict, or its number in a list; NULL: the key is neither a text nor
 * a number, or memory is out. */
static const char *key_of(const walk *w, const nt_pickled *holder, size_t i) {
    if (holder->kind != NT_PICKLED_DICT)
        return nt_arena_printf(w->file->arena, "%zu", i);
    const nt_pickled *key = holder->list.items[2 * i];
    if (key->kind == NT_PICKLED_INTEGER)
        return nt_arena_printf(w->file->arena, "%lld", (long long)key->integer);
    return key->kind == NT_PICKLED_TEXT ? key->text : NULL;
}

static nt_pickled *item_of(const nt_pickled *holder, size_t i) {
    return holder->list.items[holder->kind == NT_PICKLED_DICT ? 2 * i + 1 : i];
}

static size_t item_count(const nt_pickled *holder) {
    return holder->kind == NT_PICKLED_DICT ? holder->list.count / 2 : holder->list.count;
}

static nt_status add_part(walk *w, const nt_pickled *holder, const char *name, size_t tensors) {
    if (w->count == MOST_PARTS)
        return nt_error_in(w->file->error, NT_INVALID, w->file->path, -1,
                           "holds tensors in more than %d dicts and lists", MOST_PARTS);
    w->tensors += tensors;
    if (w->tensors > MOST_TENSORS)
        return nt_error_in(w->file->error, NT_INVALID, w->file->path, -1,
                           "names more than %d tensors", MOST_TENSORS);
    nt_weights_part part = {.name = name,
                            .entries = NT_ARENA_ARRAY(w->file->arena, nt_entry, tensors)};
    if (!part.entries || !nt_grow((void **)&w->parts, &w->capacity, w->count, sizeof *w->parts))
        return nt_tensor_file_no_memory(w->file);
    for (size_t i = 0; i < item_count(holder); i++) {
        const nt_pickled *item = item_of(holder, i);
        const char *key = item->kind == NT_PICKLED_TENSOR ? key_of(w, holder, i) : NULL;
        if (key)
            part.entries[part.count++] = entry_of(key, &item->tensor);
    }
    w->parts[w->count] = part;
    w->count += part.count > 0;
    return NT_OK;
}

static nt_status visit(walk *w, nt_pickled *holder, const char *name, int depth) {
    size_t tensors = 0;
    if (holder->kind < NT_PICKLED_TUPLE || holder->kind > NT_PICKLED_DICT || holder->visited)
        return NT_OK;
    holder->visited = true;
    for (size_t i = 0; i < item_count(holder); i++)
        tensors += item_of(holder, i)->kind == NT_PICKLED_TENSOR;
    if (tensors > 0)
        NT_TRY(add_part(w, holder, name, tensors));
    for (size_t i = 0; i < item_count(holder) && depth < DEEPEST; i++) {
        nt_pickled *item = item_of(holder, i);
        if (item->kind < NT_PICKLED_TUPLE || item->kind > NT_PICKLED_DICT || item->visited)
            continue;
        const char *key = key_of(w, holder, i);
        const char *path = !key      ? NULL
                           : name[0] ? nt_arena_printf(w->file->arena, "%s.%s", name, key)
                                     : key;
        if (path)
            NT_TRY(visit(w, item, path, depth + 1));
    }
    return NT_OK;
}

nt_status nt_pytorch_parts(const nt_tensor_file *file, nt_pickled *root, nt_weights_parts *ret) {
    static const nt_metadata none[] = {{NULL, NULL}};
    walk w = {.file = file};
    nt_status status = visit(&w, root, "", 0);
    if (status == NT_OK && w.count == 0) {
        status = nt_error_in(file->error, NT_INVALID, file->path, -1,
                             "holds no tensors that have names");
        nt_error_hint(file->error, "in Python: torch.save(model.state_dict(), \"weights.pt\")");
    }
    if (status == NT_OK) {
        *ret = (nt_weights_parts){.count = w.count, .metadata = none};
        ret->items = nt_arena_copy(file->arena, w.parts, w.count * sizeof *w.parts);
        if (!ret->items)
            status = nt_tensor_file_no_memory(file);
    }
    nt_free(w.parts, w.capacity * sizeof *w.parts);
    return status;
}
