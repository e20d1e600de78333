/* A JSON object that stands for a struct, described by a table of its members: writing it, reading
 * it back and its JSON Schema all follow the table, so that they can't differ. Objects are closed:
 * a member that the table doesn't know is an error, and one that it knows must be there, unless it
 * is optional or belongs to another variant. Private to results/. */
#ifndef NT_JSON_TABLE_H
#define NT_JSON_TABLE_H

#include "arena.h"
#include "diagnostic.h"
#include <jansson.h>

typedef enum nt_json_type {
    NT_JSON_CONST,  /* nothing: the integer `min` */
    NT_JSON_TEXT,   /* const char * */
    NT_JSON_LINE,   /* the same, visible (visible.h): a line of a table or a script */
    NT_JSON_DIGEST, /* the same: SHA-256 in hexadecimal */
    NT_JSON_INT,    /* int32_t */
    NT_JSON_LONG,   /* int64_t, from 0 on */
    NT_JSON_REAL,   /* double; null is NaN */
    NT_JSON_BOOL,   /* bool */
    NT_JSON_CHOICE, /* int32_t or an enum: the index of one of `choices` */
    NT_JSON_OBJECT, /* a struct in its place, of `table` */
    NT_JSON_LIST,   /* a pointer to an array, its int32_t count at `more`: of structs of `table`, or
                     * where that is NULL of values of the type `items` */
    NT_JSON_MAP,    /* the same of nt_options: an object of any names. Their values are of the type
                     * `items`: texts, or, where that is NT_JSON_CONST, any scalars and lists */
    NT_JSON_FIELDS  /* const nt_field *, at `more` its record: members beside the others, of any
                     * names, one for each field; the table's last, called "" */
} nt_json_type;

typedef struct nt_json_member {
    const char *name; /* NULL ends a table */
    nt_json_type type;
    size_t offset, more;
    const struct nt_json_table *table;
    nt_json_type items;
    const char *const *choices;
    double min, max; /* of numbers, and of how many a list has; both 0: any */
    bool nullable;   /* null is NaN, or NULL */
    bool optional;   /* left out when false, NULL, empty, the first choice */
    unsigned in;     /* the variants that have it; 0: all */
    const char *doc; /* one line, no full stop */
} nt_json_member;

typedef struct nt_json_table {
    const char *what; /* "a finding" */
    size_t size;      /* of the struct */
    const nt_json_member *members;
    /* One bit for each; 0: there is but one, and the rest is NULL. */
    unsigned variants;
    unsigned (*variant_of)(const void *record);
    unsigned (*variant_read)(const json_t *object);
} nt_json_table;

/* A new reference; NULL when out of memory. */
json_t *nt_json_table_write(const nt_json_table *table, const void *record);

/* Whether a variant has the member. */
bool nt_json_member_in(const nt_json_member *member, unsigned variant);

/* Where in the file something stands; `within` NULL: it is all of it. */
typedef struct nt_json_place {
    const struct nt_json_place *within;
    const char *key; /* NULL: an item of a list, */
    size_t index;    /* this one */
} nt_json_place;

typedef struct nt_json_reading {
    const char *path;
    nt_arena *arena;
    nt_error *error;
} nt_json_reading;

/* Fills in a zeroed record; texts and lists in the reading's arena. */
nt_status nt_json_table_read(const nt_json_reading *r, const nt_json_table *table,
                             const json_t *value, const nt_json_place *place, void *record);

/* "run/results.json: error: groups[2].title: is missing". Returns NT_INVALID. */
nt_status nt_json_say(const nt_json_reading *r, const nt_json_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A new reference; NULL when out of memory. */
json_t *nt_json_table_schema(const nt_json_table *table);

#endif
