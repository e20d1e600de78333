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
    info->has_usual = true;
}

void nt_data_add_file(nt_data_info *info, const char *path) {
    int i = 0;
    while (info->files[i])
        i++;
    assert(i < NT_MAX_DATA_FILES - 1);
    info->files[i] = path;
}
