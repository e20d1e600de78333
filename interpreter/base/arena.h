/* An arena: blocks that share one lifetime (a document's, a graph's, a plan's) and are freed
 * together. Chunks grow from 4 KiB to 1 MiB; a larger block gets a chunk of its own. Not for
 * several threads at once. Everything an arena hands out belongs to the arena. One that has a
 * budget draws its chunks on it, and is out of memory when that is spent.
 *
 * That memory was out once is remembered: who shows something in place of a text that could not be
 * made looks at `failed` once, at the end, before it gives away what was made. */
#ifndef NT_ARENA_H
#define NT_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct nt_arena {
    struct nt_arena_chunk *chunk; /* newest first */
    size_t used;                  /* bytes of the newest chunk that are taken */
    size_t held;                  /* bytes of all chunks */
    struct nt_budget *budget;     /* budget.h; NULL: none. Set after nt_arena_init */
    bool failed;                  /* memory was out for something */
} nt_arena;

void nt_arena_init(nt_arena *arena);
void nt_arena_finish(nt_arena *arena);
size_t nt_arena_size(const nt_arena *arena); /* bytes that it holds */

/* All return NULL when out of memory. Blocks are aligned to 16 bytes. */
void *nt_arena_alloc(nt_arena *arena, size_t size); /* zeroed */
void *nt_arena_copy(nt_arena *arena, const void *bytes, size_t size);
char *nt_arena_string(nt_arena *arena, const char *text);
char *nt_arena_substring(nt_arena *arena, const char *text, size_t length);
char *nt_arena_printf(nt_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *nt_arena_vprintf(nt_arena *arena, const char *format, va_list arguments);

#define NT_ARENA_NEW(arena, type) ((type *)nt_arena_alloc((arena), sizeof(type)))
#define NT_ARENA_ARRAY(arena, type, count)                                                         \
    ((type *)nt_arena_alloc((arena), sizeof(type) * (size_t)(count)))

#endif
