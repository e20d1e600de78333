/* Groups, their cases and what these have in common; and what a layer costs, which cases that edit
 * it alone say. */
#include "record_private.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

#define NO ((double)NAN)

static int32_t find_layer(const nt_record *record, const char *name) {
    for (int32_t i = 0; i < record->layer_count; i++)
        if (strcmp(record->layers[i].name, name) == 0)
            return i;
    return -1;
}

/* --- cases ------------------------------------------------------------------------------------ */

/* The 95 % interval of the change with the only seed, put on the baseline, on the same images. */
static nt_interval value_interval(const nt_record *record, const nt_finding *finding) {
    nt_interval change = finding->judgement.within_95;
    if (record->seed_count > 1 || finding->failure)
        return (nt_interval){NO, NO};
    bool early = finding->decide != NT_DECIDE_NOT || finding->epoch_seconds > 0;
    double baseline = early ? finding->outcome.value - finding->change : record->seeds[0].baseline;
    return (nt_interval){baseline + change.low, baseline + change.high};
}

/* The option `share` of an edit; NaN: there is none. */
static double share_of(const nt_edit_result *edit) {
    const nt_field *field = edit->fields ? nt_field_find(edit->fields, "share") : NULL;
    const char *at = field ? (const char *)edit->options + field->offset : NULL;
    if (field && field->type == NT_REAL)
        return *(const double *)(const void *)at;
    return field && field->type == NT_INT64 ? (double)*(const int64_t *)(const void *)at : NO;
}

static nt_status add_edits(nt_record *record, const nt_case_result *from, nt_record_case *item) {
    item->layers = NT_ARENA_ARRAY(&record->arena, int32_t, from->edit_count + 1);
    item->layer_count = from->edit_count;
    item->kind = "";
    item->share = NO;
    for (int32_t i = 0; item->layers && i < from->edit_count; i++) {
        const nt_edit_result *edit = &from->edits[i];
        item->layers[i] = find_layer(record, edit->layer);
        item->kind = i == 0 || strcmp(item->kind, edit->kind) == 0 ? edit->kind : "mixed";
        double share = share_of(edit);
        item->share = i == 0 || item->share == share ? share : NO;
    }
    return item->layers ? NT_OK : NT_NO_MEMORY;
}

static nt_status add_case(nt_record *record, const nt_case_result *from, nt_record_case *item) {
    item->result = from;
    item->name = from->name;
    item->cut = from->cut;
    item->cost = from->cost;
    item->value = from->value;
    item->change = from->change;
    item->value_95 = value_interval(record, &from->findings[0]);
    item->recipe = from->recipe.recipe.seeds > 1 ? &from->recipe : NULL;
    item->findings = NT_ARENA_ARRAY(&record->arena, nt_record_finding, record->seed_count);
    if (!item->findings)
        return NT_NO_MEMORY;
    for (int32_t s = 0; s < record->seed_count; s++) {
        const nt_finding *finding = &from->findings[s];
        item->findings[s] = (nt_record_finding){
            .failure = finding->failure,
            .no_interval = nt_finding_no_interval(finding),
            .value = nt_finding_value(finding),
            .change = nt_finding_change(finding),
            .images = finding->decide == NT_DECIDE_NOT ? 0 : finding->outcome.total,
            .judgement = &finding->judgement};
        if (finding->failure)
            item->failures++;
        else
            item->verdicts[finding->judgement.verdict]++;
    }
    return add_edits(record, from, item);
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

static bool same_kind(const nt_record_group *group) {
    for (int32_t c = 1; c < group->case_count; c++)
        if (strcmp(group->cases[c].kind, group->cases[0].kind) != 0)
            return false;
    return true;
}

int32_t nt_record_epoch_of(const nt_record_case *item) {
    const nt_edit_result *edit = item->result && item->layer_count > 0 ? item->result->edits : NULL;
    for (const nt_field *field = edit ? edit->fields : NULL; field && field->name; field++)
        if (strcmp(field->name, "epoch") == 0 && field->type == NT_INT64)
            return (int32_t) *
                   (const int64_t *)(const void *)((const char *)edit->options + field->offset);
    return 0;
}

/* Single layers, some of them at more than one epoch, and none twice at one. */
static bool rewound(const nt_record_group *group) {
    bool several = false;
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        if (item->layer_count != 1 || strcmp(item->kind, "reinit") != 0)
            return false;
        for (int32_t d = 0; d < c; d++) {
            const nt_record_case *before = &group->cases[d];
            if (before->layers[0] != item->layers[0])
                continue;
            if (nt_record_epoch_of(before) == nt_record_epoch_of(item))
                return false;
            several = true;
        }
    }
    return several;
}

static bool same_layers(const nt_record_case *a, const nt_record_case *b) {
    return a->layer_count == b->layer_count &&
           memcmp(a->layers, b->layers, (size_t)a->layer_count * sizeof *a->layers) == 0;
}

/* Whether all have shares, and some of the same layers others. */
static bool curves(const nt_record_group *group) {
    bool others = false;
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        if (isnan(item->share) || strcmp(item->kind, group->cases[0].kind) != 0)
            return false;
        for (int32_t b = 0; b < c && !others; b++)
            others = same_layers(&group->cases[b], item) && group->cases[b].share != item->share;
    }
    return others;
}

static nt_group_form form_of(const nt_record *record, const nt_record_group *group) {
    int32_t with[3] = {0}; /* cases of one layer, of two, and of others */
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t count = group->cases[c].layer_count;
        with[count == 1 ? 0 : count == 2 ? 1 : 2]++;
    }
    if (group->control[0])
        return NT_FORM_CONTROLS;
    if (nested(group))
        return NT_FORM_NESTED;
    if (curves(group))
        return NT_FORM_CURVES;
    if (rewound(group))
        return NT_FORM_REWOUND;
    if (with[0] == group->case_count && with[0] > 0)
        return same_kind(group) ? NT_FORM_SINGLE : NT_FORM_KINDS;
    int64_t layers = with[2] == 0 ? count_edited(record, group) : 0;
    return layers > 2 && with[1] == layers * (layers - 1) / 2 ? NT_FORM_PAIRS : NT_FORM_SETS;
}

/* A layer's cost is taken from the first case that edits it alone, and isn't retrained: that zeroes
 * it, if one does. A share of a layer isn't the layer. */
static void note_costs(nt_record *record, bool zeroed) {
    for (int32_t g = 0; g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count && !record->groups[g].retrained; c++) {
            const nt_record_case *item = &record->groups[g].cases[c];
            if (item->layer_count == 1 && item->layers[0] >= 0 && isnan(item->share) &&
                (!zeroed || strcmp(item->kind, "zero") == 0) &&
                isnan(record->layers[item->layers[0]].cost))
                record->layers[item->layers[0]].cost = item->change.mean;
        }
}

static nt_status add_retraining(nt_record *record, const nt_group_result *from,
                                nt_record_group *group) {
    double *values = NT_ARENA_ARRAY(&record->arena, double, record->seed_count);
    nt_spread *spread = NT_ARENA_NEW(&record->arena, nt_spread);
    group->retrained = nt_retraining_words(&from->retraining, &record->arena);
    if (!values || !spread || !group->retrained)
        return NT_NO_MEMORY;
    for (int32_t s = 0; s < from->own_baseline_count; s++)
        values[s] = from->own_baseline[s].outcome.value;
    *spread = nt_spread_of(values, from->own_baseline_count);
    group->own_baseline = spread;
    return NT_OK;
}

static nt_status add_group(nt_record *record, const nt_group_result *from, nt_record_group *group) {
    group->name = from->name;
    group->title = from->title;
    group->remark = from->remark;
    group->tau = from->tau;
    group->tau_not_trivial = from->tau_not_trivial;
    group->notes = from->notes;
    group->note_count = from->note_count;
    group->control = from->control.of ? nt_control_words(&from->control, &record->arena) : "";
    group->case_count = from->case_count;
    group->cases = NT_ARENA_ARRAY(&record->arena, nt_record_case, from->case_count + 1);
    if (!group->cases || !group->control)
        return NT_NO_MEMORY;
    for (int32_t c = 0; c < from->case_count; c++)
        NT_TRY(add_case(record, &from->cases[c], &group->cases[c]));
    group->form = form_of(record, group);
    return from->retraining.from ? add_retraining(record, from, group) : NT_OK;
}

/* Records stand in the order of the results. */
static void find_controlled(nt_record *record) {
    const nt_results *results = record->results;
    for (int32_t own = 0; own < record->group_count; own++) {
        const nt_case_result *of = nt_results_controlled(results, own);
        for (int32_t g = 0; of && g < record->group_count; g++)
            for (int32_t c = 0; c < record->groups[g].case_count; c++)
                if (&results->groups[g].cases[c] == of)
                    record->groups[own].controlled = &record->groups[g].cases[c];
    }
}

nt_status nt_record_add_groups(nt_record *record) {
    const nt_results *results = record->results;
    record->group_count = results->group_count;
    record->groups = NT_ARENA_ARRAY(&record->arena, nt_record_group, results->group_count + 1);
    if (!record->groups)
        return NT_NO_MEMORY;
    for (int32_t g = 0; g < results->group_count; g++)
        NT_TRY(add_group(record, &results->groups[g], &record->groups[g]));
    find_controlled(record);
    note_costs(record, true);
    note_costs(record, false);
    return NT_OK;
}
