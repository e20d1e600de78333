/* The Python scripts of graphs/, which are installed as commands beside the program. */
#ifndef NT_SCRIPT_H
#define NT_SCRIPT_H

#include "arena.h"

/* In the source tree, if the program is in a build folder of that: its path, in `arena`, or NULL.
 */
const char *nt_script_in_source(nt_arena *arena, const char *file);

/* There, or as `command` beside the program; NULL: in neither place. */
const char *nt_script_find(nt_arena *arena, const char *file, const char *command);

#endif
