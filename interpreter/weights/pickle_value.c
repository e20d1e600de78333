/* Values as the machine and the globals make them; they lie in the file's arena. */
#include "pickle_private.h"

#include <string.h>

nt_pickled *nt_pickle_value(const nt_pickle_machine *m, nt_pickled_kind kind) {
    nt_pickled *value = NT_ARENA_NEW(m->in->file->arena, nt_pickled);
    m->in->made += sizeof(nt_pickled);
    if (value)
        value->kind = kind;
    return value;
}

nt_status nt_pickle_append(const nt_pickle_machine *m, nt_pickled *list, nt_pickled *item) {
    nt_pickled_items *items = &list->list;
    if (items->count == items->capacity) {
        size_t capacity = items->capacity ? 2 * items->capacity : 4;
        nt_pickled **longer = NT_ARENA_ARRAY(m->in->file->arena, nt_pickled *, capacity);
        if (!longer)
            return nt_pickle_no_memory(m->in);
        if (items->count)
            memcpy(longer, items->items, items->count * sizeof *longer);
        m->in->made += capacity * sizeof *longer;
        items->items = longer;
        items->capacity = capacity;
    }
    items->items[items->count++] = item;
    return NT_OK;
}
