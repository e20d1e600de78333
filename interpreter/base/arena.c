/* An arena is a list of chunks, each twice as large as the one before up to a bound; blocks are cut
 * off the newest, one after the other, and never given back singly. What is left of an older chunk
 * is not used again. Every block starts at a multiple of GRAIN bytes, filled with zeros. */
#include "arena.h"

#include "alloc.h"
#include "budget.h"
#include <stdio.h>
#include <string.h>

enum { SMALLEST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, GRAIN = 16 };

struct nt_arena_chunk {
    struct nt_arena_chunk *older;
    size_t size; /* of the whole block, this header included */
};

void nt_arena_init(nt_arena *arena) {
    *arena = (nt_arena){0};
}

void nt_arena_finish(nt_arena *arena) {
    while (arena->chunk) {
        struct nt_arena_chunk *older = arena->chunk->older;
        nt_free(arena->chunk, arena->chunk->size);
        arena->chunk = older;
    }
    arena->used = arena->held = 0;
    arena->failed = false;
}

size_t nt_arena_size(const nt_arena *arena) {
    return arena->held;
}

static int add_chunk(nt_arena *arena, size_t need) {
    size_t size = arena->chunk ? arena->chunk->size * 2 : SMALLEST_CHUNK;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    if (size < need)
        size = need;
    struct nt_arena_chunk *chunk =
        nt_budget_take_bytes(arena->budget, size) ? nt_alloc(size) : NULL;
    if (!chunk)
        return 0;
    arena->held += size;
    chunk->older = arena->chunk;
    chunk->size = size;
    arena->chunk = chunk;
    arena->used = (sizeof *chunk + GRAIN - 1) / GRAIN * GRAIN;
    return 1;
}

static void *no_block(nt_arena *arena) {
    arena->failed = true;
    return NULL;
}

void *nt_arena_alloc(nt_arena *arena, size_t size) {
    if (size > (size_t)-1 / 4)
        return no_block(arena);
    size = (size + GRAIN - 1) / GRAIN * GRAIN;
    size_t header = (sizeof(struct nt_arena_chunk) + GRAIN - 1) / GRAIN * GRAIN;
    if (!arena->chunk || arena->chunk->size - arena->used < size)
        if (!add_chunk(arena, size + header))
            return no_block(arena);
    void *block = (char *)arena->chunk + arena->used;
    arena->used += size;
    memset(block, 0, size);
    return block;
}

void *nt_arena_copy(nt_arena *arena, const void *bytes, size_t size) {
    void *block = nt_arena_alloc(arena, size);
    if (block && size)
        memcpy(block, bytes, size);
    return block;
}

char *nt_arena_substring(nt_arena *arena, const char *text, size_t length) {
    char *copy = nt_arena_alloc(arena, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *nt_arena_string(nt_arena *arena, const char *text) {
    return nt_arena_substring(arena, text, strlen(text));
}

char *nt_arena_vprintf(nt_arena *arena, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : nt_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *nt_arena_printf(nt_arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = nt_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}
