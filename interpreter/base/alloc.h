/* The one allocator. Every block of the program comes from here, aligned to 64 bytes (a cache line,
 * and what BLIS's kernels want), so that a test can make the n-th allocation fail. */
#ifndef NT_ALLOC_H
#define NT_ALLOC_H

#include <stddef.h>

enum { NT_ALIGN = 64 };

/* One function does it all, as Lua's does: new_size 0 frees; block NULL allocates; otherwise the
 * block moves to new_size bytes and keeps the first min(old_size, new_size). Returns NULL on
 * failure (the old block then stays valid) and after freeing. */
typedef void *(*nt_alloc_hook)(void *user, void *block, size_t old_size, size_t new_size);

/* Replaces the allocator (tests do, to inject failure); hook NULL restores the system's. Only while
 * no block is alive. */
void nt_alloc_set_hook(nt_alloc_hook hook, void *user);

void *nt_alloc(size_t size);      /* uninitialised; NULL when out of memory; size 0 counts as 1 */
void *nt_alloc_zero(size_t size); /* the same, zeroed */
void *nt_realloc(void *block, size_t old_size, size_t new_size);

/* nt_realloc for many small blocks: aligned to 16 bytes only, so that a block takes what
 * nt_compact_size says and not up to three times as much. Freed by nt_free. */
void *nt_realloc_compact(void *block, size_t old_size, size_t new_size);
size_t nt_compact_size(size_t size); /* of the process's memory, malloc's own bytes included */

void nt_free(void *block, size_t size); /* size as it was allocated; block may be NULL */

/* Makes room for one more item in a growing array of `item_size` bytes an item; *items and
 * *capacity change together. Returns 0 when out of memory. */
int nt_grow(void **items, size_t *capacity, size_t count, size_t item_size);

/* How many allocations have failed so far, ours and jansson's: who can't look at each asks once, at
 * the end, whether there were any since the beginning. */
size_t nt_alloc_failures(void);
void nt_alloc_count_failure(void); /* of memory that comes from elsewhere */

/* Bytes allocated now and at most so far by nt_alloc and its kin. */
size_t nt_alloc_in_use(void);
size_t nt_alloc_peak(void);

#endif
