/* KIND:ROOT,key=value… on a command line, taken apart from its end, since a root may have commas
 * and colons of its own: what begins like an option is one. */
#include "data_argument.h"

#include "reader.h"
#include <string.h>

const nt_kind_family nt_data_family = {"kind of data set", nt_data_kinds, NULL};

/* What data of every kind may say. */
typedef struct common {
    double memory;
} common;

static const nt_field common_fields[] = {
    {"memory", NT_REAL, offsetof(common, memory), "0", 0, 1 << 20,
     .doc = "gigabytes of decoded images that are held; 0: a quarter of the machine's"},
    {0},
};

/* Labels as a map or a list in YAML, as a suite has them. */
static bool is_flow(const nt_field *field, const char *value) {
    return field->type == NT_LABELS && (value[0] == '{' || value[0] == '[');
}

static nt_status read_flow(const nt_data_kind *kind, const nt_field *field,
                           const nt_setting *setting, nt_arena *arena, void *record,
                           nt_error *error) {
    const nt_field only[] = {*field, {0}};
    nt_reader reader = {.arena = arena, .error = error};
    const char *text = nt_arena_printf(arena, "%s: %s", setting->key, setting->value);
    nt_document *document;
    if (!text)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_document_parse("--set", text, strlen(text), &document, error));
    nt_status status = nt_read_fields(&reader, document->root, document->root, kind->kind.name,
                                      "option", only, NULL, record);
    nt_document_free(document);
    return status;
}

static nt_status read_options(const nt_data_kind *kind, const nt_setting *settings, int count,
                              nt_arena *arena, common *ret_common, void **ret, nt_error *error) {
    char why[NT_FIELD_WHY];
    void *record = nt_kind_record(&kind->kind, "", arena, why);
    if (!record)
        return NT_NO_MEMORY;
    nt_status status = NT_OK;
    for (int i = 0; i < count; i++) {
        const nt_setting *setting = &settings[i];
        const nt_field *field = nt_field_find(kind->kind.fields, setting->key);
        const nt_field *of_all = nt_field_find(common_fields, setting->key);
        if (!field && of_all) {
            if (!nt_field_set_text(of_all, ret_common, arena, setting->value, why))
                status = nt_error_say(error, NT_USAGE, "'%s' %s", setting->key, why);
        } else if (!field) {
            status = nt_error_say(error, NT_USAGE, "%s has no option '%s'", kind->kind.name,
                                  setting->key);
            if (nt_field_nearest(kind->kind.fields, setting->key))
                nt_error_hint(error, "did you mean '%s'?",
                              nt_field_nearest(kind->kind.fields, setting->key));
        } else if (is_flow(field, setting->value)) {
            nt_status read = read_flow(kind, field, setting, arena, record, error);
            status = read == NT_OK ? status : read;
        } else if (!nt_field_set_text(field, record, arena, setting->value, why)) {
            status = nt_error_say(error, NT_USAGE, "'%s' %s", setting->key, why);
        }
    }
    *ret = record;
    return status;
}

/* Whether ",key=" begins here. */
static bool begins_option(const char *comma) {
    size_t length = strspn(comma + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return length > 0 && comma[1 + length] == '=';
}

/* Where the last ",key=" begins; NULL: there is none. Commas in a list begin nothing. */
static char *last_option(char *root) {
    for (char *at = root + strlen(root); at > root;)
        if (*--at == ',' && begins_option(at))
            return at;
    return NULL;
}

/* Cuts ",key=value" parts off the end of `root`, from the last one on. */
static int cut_settings(char *root, nt_setting *settings, int most) {
    int count = 0;
    for (char *comma; count < most && (comma = last_option(root)) != NULL;) {
        char *equals = strchr(comma, '=');
        *comma = *equals = '\0';
        settings[count++] = (nt_setting){.key = comma + 1, .value = equals + 1};
    }
    return count;
}

/* "some/images.npy" and "images.npz#x" to "npy:some" and one more option, in the arena; others
 * stay.
 */
static nt_status open_array(char **name, nt_setting *settings, int *count, nt_arena *arena) {
    const char *end = strrchr(*name, '.');
    if (!end || (strcmp(end, ".npy") != 0 && strncmp(end, ".npz#", 5) != 0))
        return NT_OK;
    char *slash = strrchr(*name, '/'), *file = slash ? slash + 1 : *name;
    if (slash)
        *slash = '\0';
    settings[(*count)++] = (nt_setting){.key = "test_images", .value = file};
    *name = nt_arena_printf(arena, "npy:%s", slash == *name ? "/" : slash ? *name : ".");
    return *name ? NT_OK : NT_NO_MEMORY;
}

nt_status nt_data_argument_open(const char *word, const nt_setting *settings, int count,
                                nt_arena *arena, nt_dataset **ret, nt_error *error) {
    enum { MOST = 16 };
    nt_setting own[MOST];
    char *name = nt_arena_string(arena, word);
    const nt_kind *found;
    void *record;
    if (!name)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    int own_count = cut_settings(name, own, MOST - count < 0 ? 0 : MOST - count);
    for (int i = 0; i < count && own_count < MOST; i++)
        own[own_count++] = settings[i];
    if (own_count < MOST && open_array(&name, own, &own_count, arena) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    char *root = strchr(name, ':');
    if (root)
        *root++ = '\0';
    NT_TRY(nt_kind_argument(&nt_data_family, name, &found, error));
    const nt_data_kind *kind = (const nt_data_kind *)found;
    common of_all = {0};
    NT_TRY(read_options(kind, own, own_count, arena, &of_all, &record, error));
    NT_TRY(nt_dataset_open(kind, record, root && root[0] ? root : NULL, NULL, ret, error));
    nt_dataset_limit(*ret, of_all.memory);
    return NT_OK;
}

nt_status nt_data_argument_check_norm(const nt_reals *mean, const nt_reals *deviation,
                                      int32_t channels, nt_error *error) {
    if (mean->count == deviation->count && (mean->count == 0 || mean->count == channels))
        return NT_OK;
    return nt_error_say(error, NT_USAGE,
                        "--mean and --deviation need a number for each of %d channels", channels);
}
