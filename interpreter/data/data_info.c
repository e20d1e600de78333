/* What a kind's `open` fills an nt_data_info with. */
#include "dataset.h"

#include <string.h>

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
