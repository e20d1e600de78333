/* The table of data set kinds, generated from the list in data/meson.build. */
#include "dataset.h"

#include <assert.h>
#include <string.h>

#define X(name) extern const nt_data_kind nt_data_kind_##name;
#include "data_list.h"
#undef X

const nt_data_kind *const nt_data_kinds[] = {
#define X(name) &nt_data_kind_##name,
#include "data_list.h"
#undef X
    NULL,
};

const nt_data_kind *nt_data_find(const char *name) {
    for (const nt_data_kind *const *kind = nt_data_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}

const char *nt_data_nearest(const char *name) {
    const char *names[sizeof nt_data_kinds / sizeof *nt_data_kinds];
    int count = 0;
    for (const nt_data_kind *const *kind = nt_data_kinds; *kind; kind++)
        names[count++] = (*kind)->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}

void nt_data_set_usual(nt_data_info *info, const float *mean, const float *deviation) {
    size_t size = (size_t)nt_shape_channels(info->shape) * sizeof *mean;
    memcpy(info->mean, mean, size);
    memcpy(info->deviation, deviation, size);
    info->usual = NT_USUAL_CHANNELS;
}

/* The list doubles when its length is a power of two. */
bool nt_data_add_file(nt_data_info *info, nt_arena *arena, const char *path) {
    int32_t count = info->file_count;
    if ((count & (count - 1)) == 0) {
        const char **more = NT_ARENA_ARRAY(arena, const char *, count ? 2 * count : 1);
        if (!more)
            return false;
        if (count)
            memcpy(more, info->files, (size_t)count * sizeof *more);
        info->files = more;
    }
    ((const char **)info->files)[info->file_count++] = path;
    return true;
}
