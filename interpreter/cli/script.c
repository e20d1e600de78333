#include "script.h"

#include "file.h"
#include "shipped.h"
#include <unistd.h>

const char *nt_script_in_source(nt_arena *arena, const char *file) {
    const char *graphs = nt_shipped_folder(NT_SHIPPED_GRAPH, arena);
    const char *path = graphs ? nt_arena_printf(arena, "%s/%s", graphs, file) : NULL;
    return path && access(path, R_OK) == 0 ? path : NULL;
}

const char *nt_script_find(nt_arena *arena, const char *file, const char *command) {
    const char *path = nt_script_in_source(arena, file);
    const char *program = path ? NULL : nt_program_folder(arena);
    if (program)
        path = nt_arena_printf(arena, "%s/%s", program, command);
    return path && access(path, R_OK) == 0 ? path : NULL;
}
