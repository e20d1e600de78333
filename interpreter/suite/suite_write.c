/* A suite is written as it is read: by the table of its keys, in that order. */
#include "suite_file_private.h"

nt_status nt_suite_write(const nt_suite *suite, const nt_suite_resolved *resolved, nt_text *text) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_suite_writer w = {.text = text, .arena = &arena, .suite = suite, .resolved = resolved};
    nt_suite_write_keys(&w, nt_suite_keys, suite);
    nt_arena_finish(&arena);
    return text->failed ? NT_NO_MEMORY : NT_OK;
}
