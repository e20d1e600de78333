#include "data_argument.h"

#include <string.h>

static nt_status find_kind(const char *name, const nt_data_kind **ret, nt_error *error) {
    *ret = nt_data_find(name);
    if (*ret)
        return NT_OK;
    nt_error_say(error, NT_USAGE, "there is no kind of data set '%s'", name);
    if (nt_data_nearest(name))
        nt_error_hint(error, "did you mean '%s'?", nt_data_nearest(name));
    return NT_USAGE;
}

static nt_status read_options(const nt_data_kind *kind, const nt_setting *settings, int count,
                              nt_arena *arena, void **ret, nt_error *error) {
    void *record = nt_arena_alloc(arena, kind->options_size + 1);
    if (!record || !nt_fields_default(kind->fields, record, arena))
        return NT_NO_MEMORY;
    nt_status status = NT_OK;
    for (int i = 0; i < count; i++) {
        const nt_setting *setting = &settings[i];
        const nt_field *field = nt_field_find(kind->fields, setting->key);
        char why[NT_FIELD_WHY];
        if (!field) {
            status =
                nt_error_say(error, NT_USAGE, "%s has no option '%s'", kind->name, setting->key);
            if (nt_field_nearest(kind->fields, setting->key))
                nt_error_hint(error, "did you mean '%s'?",
                              nt_field_nearest(kind->fields, setting->key));
        } else if (!nt_field_set(field, record, arena, &setting->value, 1, false, why)) {
            status = nt_error_say(error, NT_USAGE, "'%s' %s", setting->key, why);
        }
    }
    *ret = record;
    return status;
}

nt_status nt_data_argument_open(const char *word, const nt_setting *settings, int count,
                                nt_arena *arena, nt_dataset **ret, nt_error *error) {
    const char *colon = strchr(word, ':'), *root = colon && colon[1] ? colon + 1 : NULL;
    const char *name =
        nt_arena_substring(arena, word, colon ? (size_t)(colon - word) : strlen(word));
    const nt_data_kind *kind;
    void *record;
    if (!name)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(find_kind(name, &kind, error));
    NT_TRY(read_options(kind, settings, count, arena, &record, error));
    return nt_dataset_open(kind, record, root, NULL, ret, error);
}
