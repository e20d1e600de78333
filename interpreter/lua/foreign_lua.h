/* Operators of other languages in Lua, whose own message names the character alone. */
#ifndef NT_FOREIGN_LUA_H
#define NT_FOREIGN_LUA_H

#include "diagnostic.h"

/* Gives the last error, which is Lua's of a text that does not compile, a hint if it is such. */
void nt_foreign_lua(nt_error *error);

#endif
