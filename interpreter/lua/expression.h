/* `$name` and `${expr}` in a text. Expressions are Lua's, run in a sandbox; names are looked up by
 * the caller. A text that is one `$name` or one `${expr}` and nothing else keeps the value's type;
 * otherwise the values' texts take their places in it. `$$` stands for a dollar sign. A float with
 * an integer value counts as an integer. Lists and records are tables there, of which an expression
 * sees a copy; to read a name that a record lacks is an error. */
#ifndef NT_EXPRESSION_H
#define NT_EXPRESSION_H

#include "sandbox.h"
#include "scalar.h"

typedef struct nt_member {
    const char *name; /* NULL ends a record */
    nt_scalar value;
} nt_member;

typedef struct nt_list {
    int32_t count;
    const nt_scalar *items;
} nt_list;

/* What an expression may give: a table is a list if it has the keys 1 to n alone (or none), a
 * record, in the order of its names, if all its keys are texts. */
typedef enum nt_expression_gives { NT_GIVES_SINGLE, NT_GIVES_ANY } nt_expression_gives;

/* The variables that an expression sees. */
typedef struct nt_variables {
    bool (*find)(void *context, const char *name, nt_scalar *ret); /* false: no such variable */
    const char *const *(*names)(void *context); /* all of them, NULL-terminated; for suggestions */
    void *context;
} nt_variables;

/* Limits that suit one expression: 1e6 instructions, 16 MiB, 1 s. */
extern const nt_sandbox_limits nt_expression_limits;

bool nt_expression_in(const char *text); /* whether there is a `$` in it */

/* What the result consists of lies in `arena`. UNKNOWN if a variable that it reads is. Errors are
 * placed at `location`. Where the arena has a budget (budget.h), what all evaluations take is drawn
 * from it, beside the limits that each of them has. */
nt_status nt_expression_expand(nt_sandbox *sandbox, nt_arena *arena, const char *text,
                               nt_location location, const nt_variables *variables,
                               nt_expression_gives gives, nt_scalar *ret, nt_error *error);

/* What a plain word stands for: an integer, a number, true or false, or else the text itself. */
nt_scalar nt_scalar_read(const char *word);

/* As a user would write it, in `arena`: 3, 0.25, true, name. NULL for other kinds, or out of
 * memory. */
const char *nt_scalar_text(nt_scalar scalar, nt_arena *arena);

/* A quick name for the kind: "an integer", "a text". */
const char *nt_scalar_describe(nt_scalar scalar);

#endif
