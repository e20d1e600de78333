#include "record.h"

#include "alloc.h"
#include "file.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO ((double)NAN)

enum { LARGEST_FILE = 1 << 29 };

const char *const nt_part_names[NT_PARTS] = {
    "", "stem", "residual", "plain", "feature decomposition", "shortcut"};

typedef struct reading {
    nt_record *record;
    const char *path, *missing; /* the first member that isn't there, or is of another type */
    nt_error *error;
} reading;

/* --- members ---------------------------------------------------------------------------------- */

static const json_t *member(reading *r, const json_t *object, const char *key, json_type type) {
    const json_t *value = json_object_get(object, key);
    if (value && json_typeof(value) == type)
        return value;
    r->missing = r->missing ? r->missing : key;
    return NULL;
}

/* Names become parts of tables and scripts, a line each: control characters are refused. */
static const char *text_of(reading *r, const json_t *object, const char *key) {
    const json_t *value = member(r, object, key, JSON_STRING);
    const char *text = value ? json_string_value(value) : "";
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ') {
            r->missing = r->missing ? r->missing : key;
            return "";
        }
    return text;
}

static int32_t int_of(reading *r, const json_t *object, const char *key) {
    const json_t *value = member(r, object, key, JSON_INTEGER);
    json_int_t number = value ? json_integer_value(value) : 0;
    if (number >= INT32_MIN && number <= INT32_MAX)
        return (int32_t)number;
    r->missing = r->missing ? r->missing : key;
    return 0;
}

/* Null, which JSON has in place of NaN, and what is missing. */
static double real(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NO;
}

static double real_of(const json_t *object, const char *key) {
    return real(json_object_get(object, key));
}

/* One that must be there. */
static double finite_of(reading *r, const json_t *object, const char *key) {
    double value = real_of(object, key);
    if (isfinite(value))
        return value;
    r->missing = r->missing ? r->missing : key;
    return 0;
}

/* An array of `size` for as many items as the list has; they are counted in ret_count. */
static void *room(reading *r, const json_t *list, size_t size, int32_t *ret_count) {
    *ret_count = (int32_t)json_array_size(list);
    void *items = nt_arena_alloc(&r->record->arena, ((size_t)*ret_count + 1) * size);
    if (!items)
        *ret_count = 0;
    return items;
}

static const char **texts_of(reading *r, const json_t *list, int32_t *ret_count) {
    const char **texts = room(r, list, sizeof *texts, ret_count);
    for (int32_t i = 0; i < *ret_count; i++) {
        const char *text = json_string_value(json_array_get(list, (size_t)i));
        texts[i] = text ? text : "";
    }
    return texts;
}

/* --- layers ----------------------------------------------------------------------------------- */

static const char *shape_text(reading *r, const json_t *shape) {
    nt_text text;
    nt_text_init(&text);
    for (size_t i = 0; i < json_array_size(shape); i++)
        nt_text_printf(&text, "%s%lld", i ? "x" : "",
                       (long long)json_integer_value(json_array_get(shape, i)));
    const char *kept = nt_arena_string(&r->record->arena, text.bytes);
    nt_text_finish(&text);
    return kept ? kept : "";
}

/* Whether a layer of this stage adds; `list` is all layers. */
static bool adds(const json_t *list, const char *stage) {
    size_t i;
    json_t *layer;
    json_array_foreach((json_t *)list, i, layer) {
        const char *op = json_string_value(json_object_get(layer, "op"));
        const char *of = json_string_value(json_object_get(layer, "stage"));
        if (op && of && strcmp(op, "add") == 0 && strcmp(of, stage) == 0)
            return true;
    }
    return false;
}

static nt_part part_of(const json_t *list, const json_t *object, const nt_record_layer *layer,
                       bool first) {
    if (strncmp(layer->op, "conv", 4) != 0)
        return NT_PART_NONE;
    if (json_is_true(json_object_get(object, "shortcut")))
        return NT_PART_SHORTCUT;
    if (first)
        return NT_PART_STEM;
    if (json_is_true(json_object_get(object, "fd")))
        return NT_PART_FD;
    return adds(list, layer->stage) ? NT_PART_RESIDUAL : NT_PART_PLAIN;
}

static int32_t position_of(const nt_record *record, int32_t layer) {
    int32_t place = 1;
    for (int32_t i = 0; i < layer; i++)
        place += record->layers[i].part != NT_PART_NONE &&
                 strcmp(record->layers[i].stage, record->layers[layer].stage) == 0;
    return place;
}

static void read_layers(reading *r, const json_t *list) {
    nt_record *record = r->record;
    bool first = true;
    record->layers = room(r, list, sizeof *record->layers, &record->layer_count);
    for (int32_t i = 0; i < record->layer_count; i++) {
        const json_t *object = json_array_get(list, (size_t)i);
        nt_record_layer *layer = &record->layers[i];
        layer->name = text_of(r, object, "name");
        layer->op = text_of(r, object, "op");
        layer->stage = text_of(r, object, "stage");
        layer->inputs = texts_of(r, member(r, object, "inputs", JSON_ARRAY), &layer->input_count);
        layer->output = shape_text(r, member(r, object, "output", JSON_ARRAY));
        layer->parameters = json_integer_value(json_object_get(object, "parameters"));
        layer->multiply_adds = json_integer_value(json_object_get(object, "multiply_adds"));
        layer->part = part_of(list, object, layer, first);
        layer->position = position_of(record, i);
        layer->cost = NO;
        first = first && layer->part == NT_PART_NONE;
    }
}

static int32_t find_layer(const nt_record *record, const char *name) {
    for (int32_t i = 0; i < record->layer_count; i++)
        if (strcmp(record->layers[i].name, name) == 0)
            return i;
    return -1;
}

/* --- cases ------------------------------------------------------------------------------------ */

static nt_verdict verdict_named(const char *name) {
    if (strcmp(name, nt_verdict_name(NT_TRIVIAL)) == 0)
        return NT_TRIVIAL;
    return strcmp(name, nt_verdict_name(NT_CRITICAL)) == 0 ? NT_CRITICAL : NT_UNDECIDED;
}

static nt_record_finding read_finding(reading *r, const json_t *object, int32_t seed) {
    if (int_of(r, object, "seed") != seed)
        r->missing = r->missing ? r->missing : "seed";
    if (json_object_get(object, "failure"))
        return (nt_record_finding){.failure = text_of(r, object, "failure"),
                                   .value = NO,
                                   .change = NO,
                                   .low = NO,
                                   .high = NO,
                                   .p_holm = NO};
    const json_t *interval = member(r, object, "interval", JSON_ARRAY);
    return (nt_record_finding){.value = finite_of(r, object, "value"),
                               .change = finite_of(r, object, "change"),
                               .low = real(json_array_get(interval, 0)),
                               .high = real(json_array_get(interval, 1)),
                               .p_holm = real_of(object, "p_holm"),
                               .verdict = verdict_named(text_of(r, object, "verdict"))};
}

static nt_spread spread_of_findings(const nt_record *record, const nt_record_case *item,
                                    size_t member_offset) {
    double *values = nt_alloc((size_t)record->seed_count * sizeof *values);
    nt_spread spread = {0, NO, NO};
    for (int32_t s = 0; values && s < record->seed_count; s++)
        memcpy(&values[s], (const char *)&item->findings[s] + member_offset, sizeof *values);
    if (values)
        spread = nt_spread_of(values, record->seed_count);
    nt_free(values, (size_t)record->seed_count * sizeof *values);
    return spread;
}

/* With several seeds mean ± deviation; with one the interval of the change, put on the baseline. */
static void find_bounds(const nt_record *record, nt_record_case *item) {
    if (record->seed_count > 1) {
        item->low = item->value.mean - item->value.deviation;
        item->high = item->value.mean + item->value.deviation;
    } else {
        item->low = record->seeds[0].baseline + item->findings[0].low;
        item->high = record->seeds[0].baseline + item->findings[0].high;
    }
}

const char *nt_record_spread_words(const nt_record *record) {
    return record->seed_count > 1 ? "deviation over the seeds" : "95 % interval";
}

static void read_edits(reading *r, const json_t *edits, nt_record_case *item) {
    item->layers = room(r, edits, sizeof *item->layers, &item->layer_count);
    item->kind = "";
    for (int32_t i = 0; i < item->layer_count; i++) {
        const json_t *edit = json_array_get(edits, (size_t)i);
        const char *kind = text_of(r, edit, "kind");
        item->layers[i] = find_layer(r->record, text_of(r, edit, "layer"));
        item->kind = i == 0 || strcmp(item->kind, kind) == 0 ? kind : "mixed";
    }
}

static void read_case(reading *r, const json_t *object, nt_record_case *item) {
    nt_record *record = r->record;
    const json_t *results = member(r, object, "results", JSON_ARRAY);
    int32_t count;
    item->name = text_of(r, object, "case");
    read_edits(r, member(r, object, "edits", JSON_ARRAY), item);
    item->findings =
        nt_arena_alloc(&record->arena, (size_t)record->seed_count * sizeof *item->findings);
    count = item->findings ? record->seed_count : 0;
    for (int32_t s = 0; s < count; s++) {
        item->findings[s] =
            read_finding(r, json_array_get(results, (size_t)s), record->seeds[s].seed);
        if (item->findings[s].failure)
            item->failures++;
        else
            item->verdicts[item->findings[s].verdict]++;
    }
    if (count == 0)
        return;
    item->value = spread_of_findings(record, item, offsetof(nt_record_finding, value));
    item->change = spread_of_findings(record, item, offsetof(nt_record_finding, change));
    find_bounds(record, item);
}

/* --- groups ----------------------------------------------------------------------------------- */

static bool edits(const nt_record_case *item, int32_t layer) {
    for (int32_t i = 0; i < item->layer_count; i++)
        if (item->layers[i] == layer)
            return true;
    return false;
}

static bool nested(const nt_record_group *group) {
    for (int32_t c = 1; c < group->case_count; c++) {
        const nt_record_case *before = &group->cases[c - 1], *item = &group->cases[c];
        if (item->layer_count != before->layer_count + 1)
            return false;
        for (int32_t i = 0; i < before->layer_count; i++)
            if (!edits(item, before->layers[i]))
                return false;
    }
    return group->case_count > 1;
}

/* How many layers the cases of a group edit together. */
static int32_t count_edited(const nt_record *record, const nt_record_group *group) {
    int32_t count = 0;
    for (int32_t i = 0; i < record->layer_count; i++)
        for (int32_t c = 0; c < group->case_count; c++)
            if (edits(&group->cases[c], i)) {
                count++;
                break;
            }
    return count;
}

static nt_group_form form_of(const nt_record *record, const nt_record_group *group) {
    int32_t with[3] = {0}; /* cases of one layer, of two, and of others */
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t count = group->cases[c].layer_count;
        with[count == 1 ? 0 : count == 2 ? 1 : 2]++;
    }
    if (nested(group))
        return NT_FORM_NESTED;
    if (with[0] == group->case_count && with[0] > 0)
        return NT_FORM_SINGLE;
    int64_t layers = with[2] == 0 ? count_edited(record, group) : 0;
    return layers > 2 && with[1] == layers * (layers - 1) / 2 ? NT_FORM_PAIRS : NT_FORM_SETS;
}

/* A layer's cost is taken from the first case that edits it alone: that zeroes it, if one does. */
static void note_costs(nt_record *record, bool zeroed) {
    for (int32_t g = 0; g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count; c++) {
            const nt_record_case *item = &record->groups[g].cases[c];
            if (item->layer_count == 1 && item->layers[0] >= 0 &&
                (!zeroed || strcmp(item->kind, "zero") == 0) &&
                isnan(record->layers[item->layers[0]].cost))
                record->layers[item->layers[0]].cost = item->change.mean;
        }
}

static void read_groups(reading *r, const json_t *list) {
    nt_record *record = r->record;
    record->groups = room(r, list, sizeof *record->groups, &record->group_count);
    for (int32_t g = 0; g < record->group_count; g++) {
        const json_t *object = json_array_get(list, (size_t)g);
        nt_record_group *group = &record->groups[g];
        const json_t *cases = member(r, object, "cases", JSON_ARRAY);
        group->name = text_of(r, object, "group");
        group->title = text_of(r, object, "title");
        group->remark = text_of(r, object, "remark");
        group->tau = real_of(object, "kendall_tau");
        group->cases = room(r, cases, sizeof *group->cases, &group->case_count);
        for (int32_t c = 0; c < group->case_count; c++)
            read_case(r, json_array_get(cases, (size_t)c), &group->cases[c]);
        group->form = form_of(record, group);
    }
    note_costs(record, true);
    note_costs(record, false);
}

/* --- training --------------------------------------------------------------------------------- */

/* A line of metrics.csv; what is empty was not measured. False: it is none. */
static bool read_epoch(const char *line, nt_record_epoch *ret) {
    enum { COLUMNS = 7 };
    double numbers[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        char *end = (char *)(uintptr_t)line;
        numbers[i] = *line == ',' || *line == '\n' ? NO : strtod(line, &end);
        if (*end != (i < COLUMNS - 1 ? ',' : '\n'))
            return false;
        line = end + 1;
    }
    if (!(numbers[0] >= 1 && numbers[0] <= INT32_MAX))
        return false;
    *ret = (nt_record_epoch){(int32_t)numbers[0], numbers[1], numbers[2], numbers[3],
                             numbers[4],          numbers[5], numbers[6]};
    return true;
}

/* A seed that was not trained has no such file. Lines that can't be read, such as the header, are
 * passed over. */
static nt_status read_training(reading *r, nt_record_seed *seed) {
    nt_record *record = r->record;
    const char *path =
        nt_arena_printf(&record->arena, "%s/seed-%d/metrics.csv", record->folder, (int)seed->seed);
    nt_bytes file;
    if (!path || access(path, F_OK) != 0)
        return path ? NT_OK : NT_NO_MEMORY;
    NT_TRY(nt_file_read(path, LARGEST_FILE, &file, r->error));
    const char *line = (const char *)file.bytes;
    int32_t lines = 0;
    for (const char *c = line; *c; c++)
        lines += *c == '\n';
    seed->epochs = nt_arena_alloc(&record->arena, ((size_t)lines + 1) * sizeof *seed->epochs);
    while (seed->epochs && seed->epoch_count < lines && (line = strchr(line, '\n')) != NULL)
        if (read_epoch(++line, &seed->epochs[seed->epoch_count]))
            seed->epoch_count++;
    nt_bytes_finish(&file);
    return seed->epochs ? NT_OK : NT_NO_MEMORY;
}

static nt_status read_seeds(reading *r, const json_t *list) {
    nt_record *record = r->record;
    record->seeds = room(r, list, sizeof *record->seeds, &record->seed_count);
    double *values =
        nt_arena_alloc(&record->arena, (size_t)(record->seed_count + 1) * sizeof *values);
    if (!values)
        return NT_NO_MEMORY;
    for (int32_t s = 0; s < record->seed_count; s++) {
        const json_t *object = json_array_get(list, (size_t)s);
        record->seeds[s].seed = int_of(r, object, "seed");
        values[s] = record->seeds[s].baseline = finite_of(r, object, "value");
        NT_TRY(read_training(r, &record->seeds[s]));
    }
    record->baseline = nt_spread_of(values, record->seed_count);
    return NT_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

static nt_status read_root(reading *r, const json_t *root) {
    nt_record *record = r->record;
    const json_t *setup = member(r, root, "setup", JSON_OBJECT);
    record->suite = text_of(r, root, "suite");
    record->network = text_of(r, root, "network");
    record->metric = text_of(r, setup, "metric");
    if (record->metric[strspn(record->metric, "abcdefghijklmnopqrstuvwxyz_")])
        r->missing = "metric"; /* it becomes part of scripts */
    record->data = text_of(r, setup, "data");
    record->split = text_of(r, setup, "split");
    record->batch_norm = text_of(r, setup, "batch_norm");
    record->samples = int_of(r, setup, "samples");
    record->margin = finite_of(r, setup, "margin");
    record->classes = texts_of(r, member(r, setup, "classes", JSON_ARRAY), &record->class_count);
    NT_TRY(read_seeds(r, member(r, root, "baseline", JSON_ARRAY)));
    read_layers(r, member(r, root, "layers", JSON_ARRAY));
    if (record->seed_count > 0)
        read_groups(r, member(r, root, "groups", JSON_ARRAY));
    if (record->seed_count == 0)
        r->missing = r->missing ? r->missing : "baseline";
    return NT_OK;
}

static nt_status read_file(reading *r) {
    nt_bytes file;
    json_error_t why;
    if (access(r->path, F_OK) != 0 && errno == ENOENT) {
        nt_error_in(r->error, NT_INVALID, r->path, -1, "isn't there: the run isn't finished");
        nt_error_hint(r->error, "'nontrivial results' shows what there is so far");
        return NT_INVALID;
    }
    NT_TRY(nt_file_read(r->path, LARGEST_FILE, &file, r->error));
    r->record->root = json_loadb((const char *)file.bytes, file.size, 0, &why);
    nt_bytes_finish(&file);
    if (!r->record->root)
        return nt_error_in(r->error, NT_INVALID, r->path, why.position, "is not JSON: %s",
                           why.text);
    NT_TRY(read_root(r, r->record->root));
    if (!r->missing)
        return NT_OK;
    nt_error_in(r->error, NT_INVALID, r->path, -1,
                "has no '%s' of the kind that a run of this version writes", r->missing);
    nt_error_hint(r->error, "give the run's command again: what was measured is kept");
    return NT_INVALID;
}

nt_status nt_record_read(const char *folder, nt_record **ret, nt_error *error) {
    nt_record *record = nt_alloc_zero(sizeof *record);
    if (!record)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_arena_init(&record->arena);
    reading r = {.record = record, .error = error};
    record->folder = nt_arena_string(&record->arena, folder);
    r.path = nt_arena_printf(&record->arena, "%s/results.json", folder);
    nt_status status = record->folder && r.path ? read_file(&r) : NT_NO_MEMORY;
    if (status == NT_NO_MEMORY && error->count == 0)
        nt_error_say(error, status, "out of memory reading %s", folder);
    if (status == NT_OK)
        *ret = record;
    else
        nt_record_free(record);
    return status;
}

void nt_record_free(nt_record *record) {
    if (!record)
        return;
    json_decref(record->root);
    nt_arena_finish(&record->arena);
    nt_free(record, sizeof *record);
}

/* --- what follows ----------------------------------------------------------------------------- */

double nt_record_chance(const nt_record *record) {
    return strcmp(record->metric, "accuracy") == 0 && record->class_count > 0
               ? 1.0 / record->class_count
               : NO;
}

const char *nt_record_verdict(const nt_record_case *item, nt_arena *arena) {
    static const nt_verdict order[] = {NT_CRITICAL, NT_TRIVIAL, NT_UNDECIDED};
    nt_text text;
    int32_t kinds = (item->failures > 0);
    for (int v = 0; v < 3; v++)
        kinds += item->verdicts[v] > 0;
    nt_text_init(&text);
    for (int v = 0; v < 3; v++)
        if (item->verdicts[order[v]] > 0) {
            nt_text_printf(&text, "%s%s", text.length ? ", " : "", nt_verdict_name(order[v]));
            if (kinds > 1)
                nt_text_printf(&text, " %d", (int)item->verdicts[order[v]]);
        }
    if (item->failures > 0)
        nt_text_printf(&text, "%sfailed%s", text.length ? ", " : "", kinds > 1 ? " in part" : "");
    const char *kept = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return kept;
}
