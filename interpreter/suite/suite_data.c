/* `data:` of a suite. */
#include "suite_file_private.h"

#include "json_schema.h"
#include "yaml_out.h"
#include <stdlib.h>
#include <string.h>

static nt_status read_per_channel(nt_suite_loader *l, const nt_yaml *map, const char *key,
                                  float *ret, int32_t *ret_count) {
    const nt_yaml *list = nt_yaml_get(map, key);
    if (!list)
        return nt_suite_lacks(l, map, "normalise", key);
    NT_TRY(nt_read_list(&l->reader, list, key));
    if (list->count < 1 || list->count > NT_MAX_CHANNELS)
        return nt_reader_say(&l->reader, list, "'%s' must have one number per channel", key);
    for (int32_t i = 0; i < list->count; i++) {
        double value;
        NT_TRY(nt_read_real(&l->reader, list->items[i], key, &value));
        ret[i] = (float)value;
    }
    *ret_count = list->count;
    return NT_OK;
}

/* Either a word, `image`, or the numbers for each channel. */
static nt_status read_normalise(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                void *record) {
    static const char *const keys[] = {"mean", "deviation", NULL};
    nt_suite_data *data = record;
    (void)key;
    int32_t deviations = 0;
    if (node->kind == NT_YAML_SCALAR && strcmp(node->text, "image") == 0) {
        data->loading.by_image = true;
        return NT_OK;
    }
    NT_TRY(nt_read_map(&l->reader, node, "normalise"));
    NT_TRY(nt_read_keys(&l->reader, node, "normalise", keys));
    NT_TRY(read_per_channel(l, node, "mean", data->mean, &data->channels));
    NT_TRY(read_per_channel(l, node, "deviation", data->deviation, &deviations));
    if (deviations != data->channels)
        return nt_reader_say(&l->reader, node, "'mean' has %d numbers, 'deviation' %d",
                             data->channels, deviations);
    for (int32_t i = 0; i < deviations; i++)
        if (!(data->deviation[i] > 0))
            return nt_reader_say(&l->reader, nt_yaml_get(node, "deviation"),
                                 "a deviation must be above 0");
    data->loading.mean = data->mean;
    data->loading.deviation = data->deviation;
    return NT_OK;
}

/* [rows, columns] */
static nt_status read_window(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    nt_suite_data *data = record;
    (void)key;
    NT_TRY(nt_read_list(&l->reader, node, "window"));
    if (node->count != 2)
        return nt_reader_say(&l->reader, node, "'window' must be [rows, columns]");
    for (int32_t d = 0; d < 2; d++) {
        int64_t size;
        NT_TRY(nt_read_integer(&l->reader, node->items[d], "window", 1, 1 << 20, &size));
        data->loading.window[d] = (int32_t)size;
    }
    return NT_OK;
}

static nt_status read_hold_out(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                               void *record) {
    nt_suite_data *data = record;
    int64_t count;
    NT_TRY(nt_read_integer(&l->reader, node, key->field.name, (int64_t)key->field.min,
                           (int64_t)key->field.max, &count));
    data->hold_out = (int32_t)count;
    return NT_OK;
}

static nt_status read_memory(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    nt_suite_data *data = record;
    NT_TRY(nt_read_real(&l->reader, node, key->field.name, &data->memory));
    if (data->memory >= key->field.min && data->memory <= key->field.max)
        return NT_OK;
    return nt_reader_say(&l->reader, node, "'memory' must be from %g to %g gigabytes",
                         key->field.min, key->field.max);
}

/* In the fewest digits that read back as the same float. */
static void add_float(nt_text *text, float value) {
    char digits[32];
    int count = 1;
    do
        snprintf(digits, sizeof digits, "%.*g", count, (double)value);
    while ((float)strtod(digits, NULL) != value && ++count <= 9);
    nt_yaml_add_number(text, digits);
}

static void add_floats(nt_text *text, const char *what, const float *values, int32_t count) {
    nt_text_printf(text, "%s: [", what);
    for (int32_t c = 0; c < count; c++) {
        nt_text_add(text, c ? ", " : "");
        add_float(text, values[c]);
    }
    nt_text_add(text, "]");
}

nt_normalising nt_suite_normalising(const nt_suite_data *data, const nt_data_info *info) {
    if (data->loading.by_image)
        return (nt_normalising){.by_image = true};
    if (data->loading.mean)
        return (nt_normalising){false, data->mean, data->deviation, data->channels};
    if (info->usual == NT_USUAL_CHANNELS)
        return (nt_normalising){false, info->mean, info->deviation, info->shape.dim[0]};
    return (nt_normalising){.by_image = info->usual == NT_USUAL_IMAGE};
}

static void write_normalise(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_normalising how = nt_suite_normalising(record, w->resolved->info);
    if (!how.by_image && !how.mean)
        return;
    nt_suite_begin_line(w, key->field.name);
    if (how.by_image) {
        nt_text_add(w->text, " image\n");
        return;
    }
    nt_text_add(w->text, " {");
    add_floats(w->text, "mean", how.mean, how.channels);
    add_floats(w->text, ", deviation", how.deviation, how.channels);
    nt_text_add(w->text, "}\n");
}

static void write_window(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const int32_t *window = ((const nt_suite_data *)record)->loading.window;
    if (window[0] == 0)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_printf(w->text, " [%d, %d]\n", (int)window[0], (int)window[1]);
}

static json_t *normalise_schema(void) {
    return nt_schema_text(
        "{'anyOf': [{'const': 'image'}, {'type': 'object', 'required': ['mean', 'deviation'],"
        " 'additionalProperties': false, 'properties': {"
        "  'mean': {'type': 'array', 'items': {'type': 'number'}, 'minItems': 1,"
        "           'description': 'of each channel, between 0 and 1 for bytes'},"
        "  'deviation': {'type': 'array', 'minItems': 1, 'description': 'of each channel',"
        "                'items': {'type': 'number', 'exclusiveMinimum': 0}}}}]}");
}

static json_t *window_schema(void) {
    return nt_schema_text("{'type': 'array', 'items': {'type': 'integer', 'minimum': 1},"
                          " 'minItems': 2, 'maxItems': 2}");
}

/* What data of every kind may say; the record is the nt_suite_data. */
static const nt_suite_key data_keys[] = {
    {{"root", NT_STRING, offsetof(nt_suite_data, root),
      .doc = "the folder, beside this file or under $NONTRIVIAL_DATA"},
     .read = nt_suite_read_text},
    {{.name = "normalise", .doc = "image: each by itself; or numbers for each channel"},
     .read = read_normalise,
     .schema = normalise_schema,
     .write = write_normalise},
    {{"hold_out", NT_INT, offsetof(nt_suite_data, hold_out), "0", 0, INT32_MAX,
      .doc = "training images kept for every choice that is made"},
     .read = read_hold_out},
    {{"memory", NT_REAL, offsetof(nt_suite_data, memory), "0", 0, 1 << 20,
      .doc = "gigabytes of decoded images that are held; the others are read again, ahead of each "
             "step; 0: a quarter of the machine's"},
     .read = read_memory},
    {{.name = "window", .doc = "[rows, columns] of the middle that the network sees"},
     .read = read_window,
     .schema = window_schema,
     .write = write_window},
    {.field = {0}},
};

json_t *nt_suite_data_schema(void) {
    json_t *keys = nt_suite_schema_of_keys(data_keys);
    return keys ? nt_schema_kinds("kind", "what `nontrivial data` lists", nt_data_kinds, NULL, keys,
                                  NT_SCHEMA_PLAIN)
                : NULL;
}

nt_status nt_suite_read_data(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                             void *suite) {
    nt_suite_data *data = &((nt_suite *)suite)->data;
    const char *const *own, *name;
    const nt_yaml *node;
    const nt_kind *kind;
    void *options;
    NT_TRY(nt_suite_read_kind(l, map, key->field.name, "kind", &node, &name));
    NT_TRY(nt_suite_find(l, node, "data set kind", name, nt_data_kinds, NULL, &kind));
    NT_TRY(nt_suite_names(l, data_keys, "kind", &own));
    data->kind = (const nt_data_kind *)kind;
    nt_status status = nt_read_record(&l->reader, map, map, kind, "option", own, &options);
    if (status == NT_OK)
        data->options = options;
    return nt_suite_worse(status, nt_suite_read_keys(l, map, data_keys, NULL, data));
}

void nt_suite_write_data(nt_suite_writer *w, const nt_suite_key *key, const void *suite) {
    const nt_suite_data *data = &((const nt_suite *)suite)->data;
    nt_suite_begin_line(w, key->field.name);
    nt_text_printf(w->text, "\n  kind: %s\n", data->kind->kind.name);
    w->indent += 2;
    nt_suite_write_fields(w, data->kind->kind.fields, data->options);
    nt_suite_write_keys(w, data_keys, data);
    w->indent -= 2;
}

static const char *root_of(const nt_suite_data *data) {
    return data->found ? data->found : data->root;
}

/* The file that says where they are. */
static const char *beside(const nt_suite *suite) {
    const nt_yaml *data = nt_yaml_get(suite->root, "data");
    const nt_yaml *root = data ? nt_yaml_get(data, "root") : NULL;
    return root ? nt_suite_file_of(suite, root) : suite->path;
}

bool nt_suite_data_there(const nt_suite *suite) {
    return nt_dataset_there(suite->data.kind, root_of(&suite->data), beside(suite));
}

nt_status nt_suite_open_data(const nt_suite *suite, nt_dataset **ret, nt_error *error) {
    const nt_suite_data *data = &suite->data;
    NT_TRY(nt_dataset_open(data->kind, data->options, root_of(data), beside(suite), ret, error));
    nt_dataset_limit(*ret, data->memory);
    return NT_OK;
}

void nt_suite_blame(const nt_suite *suite, const char *path, nt_error *from, nt_error *error) {
    const nt_location location = nt_yaml_location(suite->root, path);
    for (int i = 0; i < from->count; i++) {
        const nt_diagnostic *item = &from->items[i];
        nt_error_at(error, item->status, location, "%s%s%s", item->where,
                    item->where[0] ? ": " : "", item->message);
        if (item->hint)
            nt_error_hint(error, "%s", item->hint);
    }
    error->dropped += from->dropped;
    nt_error_finish(from);
}

nt_status nt_suite_check_digest(const nt_suite *suite, const char *folder, const char *digest,
                                nt_error *error) {
    if (!suite->data_digest || strcmp(suite->data_digest, digest) == 0)
        return NT_OK;
    nt_error_at(error, NT_INVALID, nt_yaml_location(suite->root, "data.root"),
                "the data in %s are not those of the run: their SHA-256 is %s, not %s", folder,
                digest, suite->data_digest);
    nt_error_hint(error, "give the folder with the run's own by --set data.root=FOLDER");
    return NT_INVALID;
}

static void note_what_is_found(const nt_data_info *info, const nt_progress *progress) {
    nt_text line;
    nt_text_init(&line);
    nt_data_summarise(info, &line);
    if (!line.failed)
        nt_progress_note(progress, "%s", line.bytes);
    nt_text_finish(&line);
    for (int32_t i = 0; i < info->note_count; i++)
        nt_progress_note(progress, "%s", info->notes[i]);
}

nt_status nt_suite_look_at_data(const nt_suite *suite, const nt_progress *progress,
                                nt_dataset **ret, nt_error *error) {
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_suite_open_data(suite, ret, &own);
    nt_suite_blame(suite, "data.root", &own, error);
    if (status == NT_OK)
        note_what_is_found(nt_dataset_info(*ret), progress);
    return status;
}
