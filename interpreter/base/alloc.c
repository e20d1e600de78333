/* The system's allocator behind the hook, and the count of what is in use. */
#include "alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 /* bytes, of the processors that have two sizes */ };

/* Large blocks ask for huge pages, of which a processor's tables of pages cover more memory: about
 * 2 % of a ResNet34's evaluation under a virtual machine. */
static void *fresh_block(size_t size) {
    void *block = NULL;
    if (size < 2 * HUGE_PAGE)
        return aligned_alloc(NT_ALIGN, size);
    if (posix_memalign(&block, HUGE_PAGE, size) != 0)
        return NULL;
    madvise(block, size, MADV_HUGEPAGE); /* where there are none, the block is as good */
    return block;
}

static void *system_alloc(void *user, void *block, size_t old_size, size_t new_size) {
    (void)user;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (new_size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN;
    void *fresh = fresh_block(rounded);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

static nt_alloc_hook hook = system_alloc;
static void *hook_user;
static atomic_size_t in_use, peak, failures;

void nt_alloc_set_hook(nt_alloc_hook replacement, void *user) {
    hook = replacement ? replacement : system_alloc;
    hook_user = user;
}

static void count(size_t freed, size_t taken) {
    size_t now = atomic_fetch_add(&in_use, taken - freed) + taken - freed;
    size_t seen = atomic_load(&peak);
    while (now > seen && taken > freed && !atomic_compare_exchange_weak(&peak, &seen, now))
        ;
}

void *nt_alloc(size_t size) {
    return nt_realloc(NULL, 0, size);
}

void *nt_alloc_zero(size_t size) {
    void *block = nt_alloc(size);
    if (block)
        memset(block, 0, size ? size : 1);
    return block;
}

/* A size and flags before each block, and whole units; large blocks are pages of their own. */
size_t nt_compact_size(size_t size) {
    enum { OWN = sizeof(size_t), UNIT = 16, LEAST = 32, PAGE = 4096, MAPPED = 128 << 10 };
    size_t unit = size < MAPPED ? UNIT : PAGE, taken = (size + OWN + unit - 1) / unit * unit;
    return taken < LEAST ? LEAST : taken;
}

void *nt_realloc_compact(void *block, size_t old_size, size_t new_size) {
    if (hook != system_alloc)
        return nt_realloc(block, old_size, new_size);
    size_t old_bytes = block && old_size == 0 ? 1 : old_size, new_bytes = new_size ? new_size : 1;
    void *fresh = new_bytes > SIZE_MAX / 2 ? NULL : realloc(block, new_bytes);
    if (fresh)
        count(block ? old_bytes : 0, new_bytes);
    return fresh;
}

void *nt_realloc(void *block, size_t old_size, size_t new_size) {
    size_t old_bytes = block && old_size == 0 ? 1 : old_size;
    size_t new_bytes = new_size ? new_size : 1;
    void *fresh = hook(hook_user, block, old_bytes, new_bytes);
    if (fresh)
        count(block ? old_bytes : 0, new_bytes);
    else
        failures++;
    return fresh;
}

void nt_free(void *block, size_t size) {
    if (!block)
        return;
    hook(hook_user, block, size ? size : 1, 0);
    count(size ? size : 1, 0);
}

int nt_grow(void **items, size_t *capacity, size_t count_now, size_t item_size) {
    if (count_now < *capacity)
        return 1;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *fresh = nt_realloc(*items, *capacity * item_size, wanted * item_size);
    if (!fresh)
        return 0;
    *items = fresh;
    *capacity = wanted;
    return 1;
}

size_t nt_alloc_failures(void) {
    return failures;
}

void nt_alloc_count_failure(void) {
    failures++;
}

size_t nt_alloc_in_use(void) {
    return atomic_load(&in_use);
}

size_t nt_alloc_peak(void) {
    return atomic_load(&peak);
}
