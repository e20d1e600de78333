/* One value with its type: of an expression, of a hook's option, of a results file. Whoever makes
 * one says whose its text is. */
#ifndef NT_SCALAR_H
#define NT_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

typedef enum nt_scalar_kind {
    NT_SCALAR_NIL,
    NT_SCALAR_BOOL,
    NT_SCALAR_INT,
    NT_SCALAR_REAL,
    NT_SCALAR_TEXT,
    NT_SCALAR_RECORD, /* of the YAML languages' expressions only: values by name */
    NT_SCALAR_LIST,   /* likewise: one value after the other */
    NT_SCALAR_UNKNOWN /* what it would have been made from was in error, and that has been said */
} nt_scalar_kind;

typedef struct nt_scalar {
    nt_scalar_kind kind;
    union {
        bool truth;
        int64_t integer;
        double real;
        const char *text;
        const struct nt_member *members; /* expression.h */
        const struct nt_list *list;
    };
} nt_scalar;

#endif
