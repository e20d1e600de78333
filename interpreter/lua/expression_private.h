/* What the files of expressions share; nobody else includes it. */
#ifndef NT_EXPRESSION_PRIVATE_H
#define NT_EXPRESSION_PRIVATE_H

#include "expression.h"
#include "sandbox_private.h"

typedef struct nt_evaluation {
    const char *expression;
    size_t length;
    const nt_variables *variables;
    nt_expression_gives gives;
    nt_arena *arena;
    nt_scalar result;
    int32_t taken;             /* values of the result so far */
    bool unknown;              /* a variable that was read is unknown */
    const char *missing;       /* a name that is not there, */
    bool missing_member;       /* of a record, */
    const char *const *beside; /* which has these, NULL-terminated */
} nt_evaluation;

/* Pushes a value that an expression reads. */
void nt_expression_push(lua_State *L, nt_scalar scalar);

/* The value on top of the stack, which stays there. Raises what it can't be. */
nt_scalar nt_expression_take(lua_State *L, nt_evaluation *e);

#endif
