/* How a command shows a family of kinds: all of them, and what the fields of one are; and how it
 * finds the one that an argument names. */
#ifndef NT_KIND_PRINT_H
#define NT_KIND_PRINT_H

#include "diagnostic.h"
#include "kind.h"
#include <jansson.h>

typedef struct nt_kind_family {
    const char *noun; /* what one is called: "op" */
    const nt_kind *const *table;
    nt_kind_filter *filter;
} nt_kind_family;

/* The one that `name` names. NT_USAGE, "there is no op 'conv2'; did you mean 'conv2d'?" */
nt_status nt_kind_argument(const nt_kind_family *family, const char *name, const nt_kind **ret,
                           nt_error *error);

/* A column between name and doc. */
typedef struct nt_kind_column {
    const char *title;
    void (*add)(const nt_kind *kind, nt_text *text);
} nt_kind_column;

/* Prints a table of names and docs, under `doc_title`; `between` may be NULL. */
nt_status nt_kinds_print(const nt_kind_family *family, const nt_kind_column *between,
                         const char *doc_title);

/* Prints a list of what `describe` makes of each; NULL from it: out of memory. */
nt_status nt_kinds_print_json(const nt_kind_family *family,
                              json_t *(*describe)(const nt_kind *kind, nt_arena *arena));

/* What the fields of a kind take and mean, without hidden ones: a table after an empty line, or
 * nothing at all; a line for each; JSON. `noun` is what one is called: "attribute". */
void nt_kind_add_table(const nt_kind *kind, const char *noun, nt_text *text);
void nt_kind_add_lines(const nt_kind *kind, const char *noun, nt_text *text);
json_t *nt_kind_fields_json(const nt_kind *kind);

#endif
