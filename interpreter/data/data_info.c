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
static bool add(const char *const **list, int32_t *count, nt_arena *arena, const char *item) {
    int32_t had = *count;
    if ((had & (had - 1)) == 0) {
        const char **more = NT_ARENA_ARRAY(arena, const char *, had ? 2 * had : 1);
        if (!more)
            return false;
        if (had)
            memcpy(more, *list, (size_t)had * sizeof *more);
        *list = more;
    }
    ((const char **)*list)[(*count)++] = item;
    return true;
}

bool nt_data_add_file(nt_data_info *info, nt_arena *arena, const char *path) {
    return add(&info->files, &info->file_count, arena, path);
}

bool nt_data_add_note(nt_data_info *info, nt_arena *arena, const char *line) {
    return add(&info->notes, &info->note_count, arena, line);
}
