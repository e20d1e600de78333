#include "kind.h"

#include "diagnostic.h"
#include <stdio.h>
#include <string.h>

static bool is_meant(nt_kind_filter *filter, const nt_kind *kind) {
    return !filter || filter(kind);
}

const nt_kind *nt_kind_find(const nt_kind *const *table, nt_kind_filter *filter, const char *name) {
    for (; *table; table++)
        if (is_meant(filter, *table) && strcmp((*table)->name, name) == 0)
            return *table;
    return NULL;
}

/* The nearest so far against the next one: of equally near names the first stays. */
const char *nt_kind_nearest(const nt_kind *const *table, nt_kind_filter *filter, const char *name) {
    const char *best = NULL;
    for (; *table; table++) {
        const char *pair[] = {best ? best : (*table)->name, (*table)->name, NULL};
        if (is_meant(filter, *table))
            best = nt_nearest(name, pair);
    }
    return best;
}

void *nt_kind_record(const nt_kind *kind, const char *text, nt_arena *arena,
                     char why[NT_FIELD_WHY]) {
    void *record = nt_arena_alloc(arena, kind->size ? kind->size : 1);
    if (!record || !nt_fields_default(kind->fields, record, arena))
        return snprintf(why, NT_FIELD_WHY, "out of memory"), NULL;
    return nt_fields_parse(kind->fields, record, arena, text, why) ? record : NULL;
}

void *nt_kind_copy(const nt_kind *kind, const void *record, nt_arena *arena) {
    return nt_fields_copy(kind->fields, record, kind->size, arena);
}
