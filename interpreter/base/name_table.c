/* Open addressing with steps of one; the hash is seeded, so that no file knows which names meet. */
#include "name_table.h"

#include "hash.h"
#include <string.h>

struct nt_name_slot {
    const char *name; /* NULL: free */
    int32_t number;
};

void nt_name_table_init(nt_name_table *table, nt_arena *arena) {
    *table = (nt_name_table){.arena = arena};
}

/* Where the name is, or where it would go. */
static struct nt_name_slot *probe(const nt_name_table *table, const char *name) {
    size_t i = (size_t)nt_hash_string(nt_hash_secret(), name) & (table->size - 1);
    while (table->slots[i].name && strcmp(table->slots[i].name, name) != 0)
        i = (i + 1) & (table->size - 1);
    return &table->slots[i];
}

int32_t nt_name_table_find(const nt_name_table *table, const char *name) {
    if (table->count == 0)
        return -1;
    const struct nt_name_slot *slot = probe(table, name);
    return slot->name ? slot->number : -1;
}

static bool grow(nt_name_table *table) {
    nt_name_table old = *table;
    size_t size = old.size ? old.size * 2 : 8;
    struct nt_name_slot *slots = NT_ARENA_ARRAY(table->arena, struct nt_name_slot, size);
    if (!slots)
        return false;
    table->slots = slots;
    table->size = size;
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].name)
            *probe(table, old.slots[i].name) = old.slots[i];
    return true;
}

bool nt_name_table_add(nt_name_table *table, const char *name, int32_t number) {
    if ((table->count + 1) * 4 > table->size * 3 && !grow(table))
        return false;
    *probe(table, name) = (struct nt_name_slot){.name = name, .number = number};
    table->count++;
    return true;
}
