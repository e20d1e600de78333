/* The table of augmentations, generated from the list in data/meson.build. */
#include "augment.h"

#include "diagnostic.h"
#include <string.h>

#define X(name) extern const nt_augment nt_augment_##name;
#include "augment_list.h"
#undef X

const nt_augment *const nt_augments[] = {
#define X(name) &nt_augment_##name,
#include "augment_list.h"
#undef X
    NULL,
};

const nt_augment *nt_augment_find(const char *name) {
    for (const nt_augment *const *at = nt_augments; *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

const char *nt_augment_nearest(const char *name) {
    const char *names[sizeof nt_augments / sizeof *nt_augments];
    int count = 0;
    for (const nt_augment *const *at = nt_augments; *at; at++)
        names[count++] = (*at)->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}
