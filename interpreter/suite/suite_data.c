/* `data:` of a suite. */
#include "suite_file_private.h"

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
static nt_status read_normalise(nt_suite_loader *l, const nt_yaml *node) {
    static const char *const keys[] = {"mean", "deviation", NULL};
    nt_suite_data *data = &l->suite->data;
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
static nt_status read_window(nt_suite_loader *l, const nt_yaml *node) {
    NT_TRY(nt_read_list(&l->reader, node, "window"));
    if (node->count != 2)
        return nt_reader_say(&l->reader, node, "'window' must be [rows, columns]");
    for (int32_t d = 0; d < 2; d++) {
        int64_t size;
        NT_TRY(nt_read_integer(&l->reader, node->items[d], "window", 1, 1 << 20, &size));
        l->suite->data.loading.window[d] = (int32_t)size;
    }
    return NT_OK;
}

nt_status nt_suite_read_data(nt_suite_loader *l, const nt_yaml *map) {
    static const char *const own[] = {"kind", "root", "hold_out", "normalise", "window", NULL};
    nt_suite_data *data = &l->suite->data;
    const nt_yaml *node;
    const char *name;
    const nt_kind *kind;
    void *options;
    data->location = nt_reader_location(&l->reader, map);
    NT_TRY(nt_suite_read_kind(l, map, "data", "kind", &node, &name));
    NT_TRY(nt_suite_find(l, node, "data set kind", name, nt_data_kinds, NULL, &kind));
    data->kind = (const nt_data_kind *)kind;
    nt_status status = nt_read_record(&l->reader, map, map, kind, "option", own, &options);
    if (status == NT_OK)
        data->options = options;
    const nt_yaml *root = nt_yaml_get(map, "root"), *normalise = nt_yaml_get(map, "normalise");
    if (root)
        status = nt_suite_worse(status, nt_read_text(&l->reader, root, "root", &data->root));
    if (normalise)
        status = nt_suite_worse(status, read_normalise(l, normalise));
    const nt_yaml *hold_out = nt_yaml_get(map, "hold_out");
    int64_t count = 0;
    if (hold_out)
        status = nt_suite_worse(
            status, nt_read_integer(&l->reader, hold_out, "hold_out", 0, INT32_MAX, &count));
    data->hold_out = (int32_t)count;
    const nt_yaml *window = nt_yaml_get(map, "window");
    if (window)
        status = nt_suite_worse(status, read_window(l, window));
    return status;
}
