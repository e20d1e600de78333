/* What the kinds' field tables say together. */
#include "ablation.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int nt_ablation_count(void) {
    int count = 0;
    while (nt_ablations[count])
        count++;
    assert(count <= NT_MOST_ABLATIONS);
    return count;
}

int nt_ablation_index(const nt_ablation *kind) {
    int i = 0;
    while (nt_ablations[i] != &kind->kind)
        i++;
    return i;
}

int nt_ablation_options(const char *ret_names[NT_MOST_ABLATION_OPTIONS]) {
    int count = 0;
    for (const nt_kind *const *kind = nt_ablations; *kind; kind++)
        for (const nt_field *field = (*kind)->fields; field->name; field++) {
            int at = 0;
            while (at < count && strcmp(ret_names[at], field->name) < 0)
                at++;
            if (at < count && strcmp(ret_names[at], field->name) == 0)
                continue;
            assert(count < NT_MOST_ABLATION_OPTIONS);
            memmove(ret_names + at + 1, ret_names + at, (size_t)(count - at) * sizeof *ret_names);
            ret_names[at] = field->name;
            count++;
        }
    return count;
}

int nt_ablation_names(const char *option, const char *last, char ret[NT_ABLATION_NAMES]) {
    int total = 0, count = 0;
    size_t length = 0;
    for (const nt_kind *const *kind = nt_ablations; *kind; kind++)
        total += !option || nt_field_find((*kind)->fields, option);
    for (const nt_kind *const *kind = nt_ablations; *kind; kind++) {
        if (option && !nt_field_find((*kind)->fields, option))
            continue;
        const char *before = count == 0 ? "" : count == total - 1 ? last : ", ";
        length += (size_t)snprintf(ret + length, NT_ABLATION_NAMES - length, "%s'%s'", before,
                                   (*kind)->name);
        assert(length < NT_ABLATION_NAMES);
        count++;
    }
    return total;
}
