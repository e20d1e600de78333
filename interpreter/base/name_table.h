/* A set of names, each with a number. Open addressing; names are not copied. */
#ifndef NT_NAME_TABLE_H
#define NT_NAME_TABLE_H

#include "arena.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_name_table {
    nt_arena *arena;
    struct nt_name_slot *slots;
    size_t size, count; /* size: a power of two, at least 4/3 of count */
} nt_name_table;

void nt_name_table_init(nt_name_table *table, nt_arena *arena);
int32_t nt_name_table_find(const nt_name_table *table, const char *name); /* -1: not there */
/* The name must not be there yet. Returns false when out of memory. */
bool nt_name_table_add(nt_name_table *table, const char *name, int32_t number);

#endif
