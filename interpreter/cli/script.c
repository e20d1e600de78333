#include "script.h"

#include "file.h"
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

const char *nt_script_in_source(nt_arena *arena, const char *file) {
    const char *program = nt_program_folder(arena);
    const char *path = program ? nt_arena_printf(arena, "%s/../../graphs/%s", program, file) : NULL;
    char real[PATH_MAX];
    return path && realpath(path, real) ? nt_arena_string(arena, real) : NULL;
}

const char *nt_script_find(nt_arena *arena, const char *file, const char *command) {
    const char *path = nt_script_in_source(arena, file);
    const char *program = path ? NULL : nt_program_folder(arena);
    if (program)
        path = nt_arena_printf(arena, "%s/%s", program, command);
    return path && access(path, R_OK) == 0 ? path : NULL;
}
