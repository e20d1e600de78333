/* By what the message ends with: "syntax error near '+'". */
#include "foreign_lua.h"

#include <string.h>

static const struct foreign {
    const char *near, *hint;
} table[] = {
    {"near '!'", "Lua writes ~= for 'not equal', and not for '!'"},
    {"near '+'", "Lua has no += and no ++: write n = n + 1"},
    {"near '-'", "Lua has no -=: write n = n - 1"},
    {"near '*'", "Lua has no *=: write n = n * 2"},
    {"near '/'", "Lua has no /=: write n = n / 2"},
    {"near '&'", "Lua writes and for '&&'"},
    {"near '|'", "Lua writes or for '||'"},
    {"near '?'", "Lua has no ?: write condition and a or b"},
};

void nt_foreign_lua(nt_error *error) {
    if (error->count == 0)
        return;
    const char *message = error->items[error->count - 1].message;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t length = strlen(table[i].near), all = strlen(message);
        if (all >= length && strcmp(message + all - length, table[i].near) == 0)
            nt_error_hint(error, "%s", table[i].hint);
    }
}
