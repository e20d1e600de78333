/* Field tables: the one description of a typed record (an op's attributes, a data set kind's
 * options, an optimiser's settings). Reading, checking, defaults, "did you mean", hashing,
 * comparing, printing, `nontrivial ops` and the JSON Schema all derive from it.
 *
 *     typedef struct relu_attrs { double slope; } relu_attrs;
 *     static const nt_field relu_fields[] = {
 *         {"slope", NT_REAL, offsetof(relu_attrs, slope), "0", 0, 1, .doc = "factor below zero"},
 *         {0},
 *     };
 *
 * Values come as text, as they stand in YAML, Lua or on the command line; the field decides the
 * type.
 */
#ifndef NT_FIELD_H
#define NT_FIELD_H

#include "arena.h"
#include "text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum nt_field_type {
    NT_INT,    /* int32_t; 3 and 3.0 are the same integer */
    NT_INT64,  /* int64_t */
    NT_REAL,   /* double */
    NT_BOOL,   /* bool: true or false */
    NT_CHOICE, /* int32_t: the index of one of `choices` */
    NT_STRING, /* const char * */
    NT_PAIR,   /* int32_t[2]: one integer for both, or [rows, columns] */
    NT_INTS,   /* nt_ints */
    NT_REALS,  /* nt_reals */
    NT_LABELS  /* const char *: names with integers, "background=0 lesion=255"; a map in YAML */
} nt_field_type;

typedef struct nt_ints {
    int32_t count;
    const int32_t *items;
} nt_ints;

typedef struct nt_reals {
    int32_t count;
    const double *items;
} nt_reals;

typedef struct nt_field {
    const char *name; /* NULL ends a table */
    nt_field_type type;
    size_t offset;
    const char *fallback;       /* the default, as a user would write it; NULL: it must be given */
    double min, max;            /* of numbers; both 0: any */
    bool above;                 /* of numbers: above min, which is no such one; max 0: no limit */
    const char *const *choices; /* of NT_CHOICE; NULL-terminated */
    const char *doc;            /* one line, no full stop */
    bool hidden;                /* set by the program, never by a user */
    bool late;                  /* came when there were identities without it */
} nt_field;

extern const nt_field nt_no_fields[]; /* of a record that holds nothing */

/* Whether a text is one name with its number, "lesion=255"; NULL is none. */
bool nt_label_is(const char *text);

/* What an NT_LABELS says: names in their order, each with its number. */
typedef struct nt_labels {
    int32_t count;
    const char *const *names;
    const int32_t *values;
} nt_labels;

/* Reads one in its usual form; lists and texts in `arena`. Returns false when out of memory. */
bool nt_labels_read(const char *text, nt_arena *arena, nt_labels *ret);

enum { NT_FIELD_WHY = 160 };

/* Both pass over hidden fields. The second finds the nearest name, or NULL: for "did you mean". */
const nt_field *nt_field_find(const nt_field *fields, const char *name);
const char *nt_field_nearest(const nt_field *fields, const char *name);

/* Every field with a fallback gets it. Returns false when out of memory. */
bool nt_fields_default(const nt_field *fields, void *record, nt_arena *arena);

/* Sets one field from `count` texts; `list` says that they were written as a list. Strings and
 * lists are copied into `arena`. On failure `why` says what is wrong: "must be an integer from 1 to
 * 64, not 'abc'". */
bool nt_field_set(const nt_field *field, void *record, nt_arena *arena, const char *const *texts,
                  int count, bool list, char why[NT_FIELD_WHY]);

/* The same from one text, in which "[1,2]" is a list. */
bool nt_field_set_text(const nt_field *field, void *record, nt_arena *arena, const char *text,
                       char why[NT_FIELD_WHY]);

/* Sets fields from "name=value name=[1,2]"; the rest keep what they have. For tables in C code. */
bool nt_fields_parse(const nt_field *fields, void *record, nt_arena *arena, const char *text,
                     char why[NT_FIELD_WHY]);

/* Copies a record of `size` bytes with its strings and lists into `arena`; NULL when out of memory.
 */
void *nt_fields_copy(const nt_field *fields, const void *record, size_t size, nt_arena *arena);

uint64_t nt_fields_hash(const nt_field *fields, const void *record, uint64_t seed);
bool nt_fields_equal(const nt_field *fields, const void *a, const void *b);

/* Whether a hidden or late field has its fallback: then nobody need know of it. Never of reals. */
bool nt_field_is_usual(const nt_field *field, const void *record);

/* Field by field in the table's order: below, at or above 0. Numbers are ordered as such; lists and
 * texts in some order of their own. */
int nt_fields_compare(const nt_field *fields, const void *a, const void *b);

/* Appends one field's value as a user would write it: 3, [3,5], true, zeros, name. */
void nt_field_format(const nt_field *field, const void *record, nt_text *text);

/* The same with real numbers in `digits` significant digits; 17 tell any two apart. */
void nt_field_format_digits(const nt_field *field, const void *record, int digits, nt_text *text);

/* Appends " name=value" for each field that differs from its fallback. */
void nt_fields_format(const nt_field *fields, const void *record, nt_text *text);

/* Appends " name=value" for each field, for identities: different records give different texts, on
 * every machine. Reals are written by %a, texts in quotes, what has no text as null. A hidden or
 * late field that has its fallback is left out, so that one more of them changes no identity. */
void nt_fields_format_exact(const nt_field *fields, const void *record, nt_text *text);

/* What the field takes: "integer from 1 to 64", "one of zeros, reflect". */
void nt_field_describe(const nt_field *field, nt_text *text);

#endif
