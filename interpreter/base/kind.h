/* Kinds: what every family of named things has in common (ops, data set kinds, augmentations,
 * optimisers, schedules …). A kind is one file that exports one constant descriptor:
 *
 *     typedef struct nt_augment {
 *         nt_kind kind;
 *         void (*apply)(const nt_augment_call *call);
 *     } nt_augment;
 *
 * A descriptor begins with its nt_kind, so that a pointer to one is, cast, a pointer to the other.
 * A family's table holds pointers to the nt_kinds; NULL ends it. It is generated from the list of
 * names in the folder's meson.build (registry.c.in). */
#ifndef NT_KIND_H
#define NT_KIND_H

#include "field.h"

typedef struct nt_kind {
    const char *name;
    const char *doc;        /* one line, no full stop */
    const nt_field *fields; /* of its record; never NULL: nt_no_fields */
    size_t size;            /* of the record */
} nt_kind;

/* Which of a family are meant; a NULL one: all. */
typedef bool nt_kind_filter(const nt_kind *kind);

/* NULL: there is no such one. */
const nt_kind *nt_kind_find(const nt_kind *const *table, nt_kind_filter *filter, const char *name);

/* For "did you mean"; NULL: none is near. */
const char *nt_kind_nearest(const nt_kind *const *table, nt_kind_filter *filter, const char *name);

/* A new record in `arena`, with its defaults and then what `text` says ("name=value name=[1,2]").
 * NULL with `why` when the text is wrong or memory is lacking. */
void *nt_kind_record(const nt_kind *kind, const char *text, nt_arena *arena,
                     char why[NT_FIELD_WHY]);

/* A copy of a record, with its strings and lists, in `arena`; NULL when out of memory. */
void *nt_kind_copy(const nt_kind *kind, const void *record, nt_arena *arena);

#endif
