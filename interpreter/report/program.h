/* Other people's programs, which must be installed. */
#ifndef NT_PROGRAM_H
#define NT_PROGRAM_H

#include "arena.h"
#include "diagnostic.h"

/* Runs a program in `folder`, where its words go into NAME.log, which stays if it fails: NT_FAILED
 * with the last of them. Where it is missing, with the Debian package to install. `words` end with
 * NULL. */
nt_status nt_program_run(char *const *words, const char *package, const char *folder,
                         const char *name, nt_arena *arena, nt_error *error);

#endif
