/* Nodes may be shared by aliases, so nothing is changed in place: a map that is taken together is a
 * new one. It recurses once a level, of which documents have few. */
#include "inherit.h"

#include "name_table.h"
#include <string.h>

/* Maps that differ in one of these are of different sorts. */
static const char *const selectors[] = {"kind", "op", "hook", NULL};

static bool same_sort(const nt_yaml *a, const nt_yaml *b) {
    for (const char *const *selector = selectors; *selector; selector++) {
        const nt_yaml *x = nt_yaml_get(a, *selector), *y = nt_yaml_get(b, *selector);
        if (x && y && x->text && y->text && strcmp(x->text, y->text) != 0)
            return false;
    }
    return true;
}

enum { FEW = 8 };

/* A map whose keys are looked up; of few there is no table. */
typedef struct lookup {
    const nt_yaml *map;
    nt_name_table names;
} lookup;

/* Returns false when out of memory. */
static bool look_into(lookup *l, const nt_yaml *map, nt_arena *arena) {
    *l = (lookup){.map = map};
    nt_name_table_init(&l->names, arena);
    for (int32_t i = 0; map->count > FEW && i < map->count; i++)
        if (!nt_name_table_add(&l->names, map->entries[i].key->text, i))
            return false;
    return true;
}

static int32_t find(const lookup *l, const char *key) {
    if (l->map->count > FEW)
        return nt_name_table_find(&l->names, key);
    for (int32_t i = 0; i < l->map->count; i++)
        if (strcmp(l->map->entries[i].key->text, key) == 0)
            return i;
    return -1;
}

static void append(nt_yaml *map, nt_yaml_entry *entries, const nt_yaml *key, const nt_yaml *value) {
    entries[map->count++] = (nt_yaml_entry){key, value};
    map->size += key->size + value->size;
    if (map->depth <= value->depth)
        map->depth = value->depth + 1;
}

static nt_yaml *new_map(nt_arena *arena, const nt_yaml *place, int32_t most,
                        nt_yaml_entry **entries) {
    nt_yaml *map = NT_ARENA_NEW(arena, nt_yaml);
    *entries = NT_ARENA_ARRAY(arena, nt_yaml_entry, most + 1);
    if (!map || !*entries)
        return NULL;
    *map = (nt_yaml){.kind = NT_YAML_MAP,
                     .location = place->location,
                     .size = 1,
                     .depth = 1,
                     .entries = *entries};
    return map;
}

const nt_yaml *nt_yaml_inherit(nt_arena *arena, const nt_yaml *base, const nt_yaml *over) {
    if (base->kind != NT_YAML_MAP || over->kind != NT_YAML_MAP || !same_sort(base, over))
        return over;
    nt_yaml_entry *entries;
    lookup of_base, of_over;
    nt_yaml *map = new_map(arena, over, base->count + over->count, &entries);
    if (!look_into(&of_base, base, arena) || !look_into(&of_over, over, arena))
        return NULL;
    for (int32_t i = 0; map && i < base->count; i++) {
        int32_t k = find(&of_over, base->entries[i].key->text);
        if (k >= 0 && nt_yaml_absent(over->entries[k].value))
            continue;
        const nt_yaml_entry *entry = k >= 0 ? &over->entries[k] : &base->entries[i];
        const nt_yaml *value =
            k >= 0 ? nt_yaml_inherit(arena, base->entries[i].value, entry->value) : entry->value;
        if (!value)
            return NULL;
        append(map, entries, entry->key, value);
    }
    for (int32_t i = 0; map && i < over->count; i++)
        if (find(&of_base, over->entries[i].key->text) < 0)
            append(map, entries, over->entries[i].key, over->entries[i].value);
    return map;
}

const nt_yaml *nt_yaml_without(nt_arena *arena, const nt_yaml *map, const char *key) {
    if (!nt_yaml_get(map, key))
        return map;
    nt_yaml_entry *entries;
    nt_yaml *copy = new_map(arena, map, map->count, &entries);
    for (int32_t i = 0; copy && i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) != 0)
            append(copy, entries, map->entries[i].key, map->entries[i].value);
    return copy;
}
