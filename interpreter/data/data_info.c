/* What a kind's `open` fills an nt_data_info with, and what it says. */
#include "data_kind.h"

#include "alloc.h"
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

bool nt_data_add_trait(nt_data_info *info, nt_arena *arena, const char *name, const char *value,
                       int32_t count, const char *unit) {
    nt_data_trait *traits = (nt_data_trait *)(uintptr_t)info->traits;
    int32_t had = info->trait_count;
    if (!value)
        return false;
    for (int32_t i = 0; i < had; i++)
        if (strcmp(traits[i].name, name) == 0 && strcmp(traits[i].value, value) == 0)
            return traits[i].count += count, true;
    if ((had & (had - 1)) == 0) {
        traits = NT_ARENA_ARRAY(arena, nt_data_trait, had ? 2 * had : 1);
        if (!traits)
            return false;
        if (had)
            memcpy(traits, info->traits, (size_t)had * sizeof *traits);
        info->traits = traits;
    }
    traits[info->trait_count++] = (nt_data_trait){name, value, count, unit};
    return true;
}

int32_t nt_data_patients(const nt_data_info *info, nt_split split) {
    const int32_t *patients = split < NT_HELD_OUT ? info->patients[split] : NULL;
    int32_t most = -1, count = 0;
    for (int32_t i = 0; patients && i < info->counts[split]; i++)
        most = patients[i] > most ? patients[i] : most;
    bool *seen = nt_alloc_zero((size_t)most + 1);
    for (int32_t i = 0; seen && most >= 0 && i < info->counts[split]; i++) {
        count += !seen[patients[i]];
        seen[patients[i]] = true;
    }
    nt_free(seen, (size_t)most + 1);
    return count;
}

void nt_data_summarise(const nt_data_info *info, nt_text *text) {
    static const char *const purposes[NT_SPLITS] = {"to train on", "to test on", "held out"};
    char shape[NT_SHAPE_TEXT];
    nt_text_printf(text, "data: %s", info->kind->kind.name);
    if (!info->kind->made)
        nt_text_printf(text, " in %s", info->folder);
    for (int split = 0; split < NT_SPLITS; split++)
        if (info->counts[split] > 0) {
            int32_t patients = nt_data_patients(info, (nt_split)split);
            nt_text_add(text, ", ");
            nt_text_count(text, info->counts[split]);
            nt_text_printf(text, " %s", purposes[split]);
            if (patients > 0)
                nt_text_printf(text, " (%d patient%s)", patients, patients == 1 ? "" : "s");
        }
    nt_text_printf(text, "; %d classes; %s, %s", info->classes, nt_shape_format(info->shape, shape),
                   info->pixel == NT_PIXEL_BYTE ? "bytes" : "float32");
    for (int32_t i = 0; i < info->trait_count; i++) {
        const nt_data_trait *trait = &info->traits[i];
        nt_text_printf(text, "; %s %s (%d %s)", trait->name, trait->value, trait->count,
                       trait->unit);
    }
}
