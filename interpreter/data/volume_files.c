/* The C library's fts walks the folders; links are followed, but not round in a circle. */
#include "volume_files.h"

#include "alloc.h"
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

typedef struct listing {
    nt_arena *arena;
    size_t root; /* length of the folder's path, with the slash */
    nt_volume_file *items;
    size_t count, capacity;
    nt_error *error;
} listing;

static nt_status no_memory(nt_error *error, const char *path) {
    return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory listing volumes");
}

/* Without .nii or .nii.gz; 0: it is called otherwise. */
static size_t stem_length(const char *name) {
    static const char *const endings[] = {".nii.gz", ".nii"};
    size_t length = strlen(name);
    for (int i = 0; i < 2; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return length - ending;
    }
    return 0;
}

static nt_status add_file(listing *l, const FTSENT *entry) {
    const char *inside = entry->fts_path + l->root;
    if (stem_length(entry->fts_name) == 0)
        return NT_OK;
    if (!nt_grow((void **)&l->items, &l->capacity, l->count, sizeof *l->items))
        return no_memory(l->error, entry->fts_path);
    nt_volume_file *file = &l->items[l->count];
    file->path = nt_arena_string(l->arena, entry->fts_path);
    file->stem = nt_arena_substring(l->arena, inside, stem_length(inside));
    l->count++;
    return file->path && file->stem ? NT_OK : no_memory(l->error, entry->fts_path);
}

/* What is called like a volume and is none (FTS_DEFAULT: a FIFO, say) is refused when it is read.
 */
static nt_status walk(listing *l, FTS *tree) {
    nt_status status = NT_OK;
    FTSENT *entry;
    while (status == NT_OK && (entry = fts_read(tree)) != NULL) {
        bool failed = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
                      entry->fts_info == FTS_NS || entry->fts_info == FTS_SLNONE;
        if (entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.')
            fts_set(tree, entry, FTS_SKIP);
        else if (failed)
            status = nt_error_in(l->error, NT_INVALID, entry->fts_path, -1, "cannot be listed: %s",
                                 strerror(entry->fts_errno ? entry->fts_errno : ENOENT));
        else if (entry->fts_info == FTS_F || entry->fts_info == FTS_DEFAULT)
            status = add_file(l, entry);
    }
    return status;
}

static int compare(const void *a, const void *b) {
    const nt_volume_file *x = a, *y = b;
    return strcmp(x->stem, y->stem);
}

static nt_status finish(listing *l, nt_volume_files *ret) {
    *ret = (nt_volume_files){0};
    if (l->count == 0)
        return NT_OK;
    qsort(l->items, l->count, sizeof *l->items, compare);
    for (size_t i = 1; i < l->count; i++)
        if (strcmp(l->items[i - 1].stem, l->items[i].stem) == 0)
            return nt_error_in(l->error, NT_INVALID, l->items[i].path, -1,
                               "has the name of %s but for the ending", l->items[i - 1].path);
    ret->items = nt_arena_copy(l->arena, l->items, l->count * sizeof *l->items);
    ret->count = (int32_t)l->count;
    return ret->items ? NT_OK : no_memory(l->error, l->items[0].path);
}

nt_status nt_volume_files_list(const char *folder, nt_arena *arena, nt_volume_files *ret,
                               nt_error *error) {
    listing l = {.arena = arena, .root = strlen(folder) + 1, .error = error};
    char *root = nt_arena_string(arena, folder);
    FTS *tree = root ? fts_open((char *[]){root, NULL}, FTS_LOGICAL | FTS_NOCHDIR, NULL) : NULL;
    if (!tree)
        return no_memory(error, folder);
    nt_status status = walk(&l, tree);
    fts_close(tree);
    if (status == NT_OK)
        status = finish(&l, ret);
    nt_free(l.items, l.capacity * sizeof *l.items);
    return status;
}

const nt_volume_file *nt_volume_files_find(const nt_volume_files *files, const char *stem,
                                           size_t length, const char *suffix) {
    int32_t low = 0, high = files->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const char *name = files->items[middle].stem;
        int order = strncmp(name, stem, length);
        if (order == 0)
            order = strcmp(name + length, suffix);
        if (order == 0)
            return &files->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
