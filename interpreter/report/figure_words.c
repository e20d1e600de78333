#include "figure_words.h"

#include <math.h>
#include <string.h>

enum { NAMED = 3 }; /* at each end of what is shown */

/* --- a group's cases -------------------------------------------------------------------------- */

/* The case of the next value in one direction, after those that were taken; -1: there is none. */
static int32_t next_case(const nt_record_group *group, const int32_t *taken, int count, int sign) {
    int32_t best = -1;
    for (int32_t c = 0; c < group->case_count; c++) {
        double value = group->cases[c].value.mean;
        bool free = !isnan(value);
        for (int i = 0; i < count; i++)
            free = free && taken[i] != c;
        if (free && (best < 0 || sign * value > sign * group->cases[best].value.mean))
            best = c;
    }
    return best;
}

/* "layer1.0.conv1 0.1100, conv1 0.1732" */
static void add_end(const nt_record_group *group, int sign, nt_text *words) {
    int32_t taken[NAMED];
    for (int i = 0; i < NAMED; i++) {
        if ((taken[i] = next_case(group, taken, i, sign)) < 0)
            return;
        nt_text_printf(words, "%s%s %.4f", i ? ", " : "", group->cases[taken[i]].name,
                       group->cases[taken[i]].value.mean);
    }
}

/* Over all seeds. */
static void count_verdicts(const nt_record_group *group, int ret[NT_VERDICTS]) {
    for (int v = 0; v < NT_VERDICTS; v++) {
        ret[v] = 0;
        for (int32_t c = 0; c < group->case_count; c++)
            ret[v] += (int)group->cases[c].verdicts[v];
    }
}

static void add_verdicts(const nt_record *record, const nt_record_group *group, nt_text *words) {
    int counts[NT_VERDICTS];
    const char *before = "";
    count_verdicts(group, counts);
    for (int v = 0; v < NT_VERDICTS; v++)
        if (counts[v] > 0) {
            nt_text_printf(words, "%s%d %s", before, counts[v], nt_verdict_name((nt_verdict)v));
            before = ", ";
        }
    if (record->seed_count > 1)
        nt_text_printf(words, " over %d seeds", (int)record->seed_count);
    nt_text_add(words, ".");
}

static void describe_cases(const nt_record *record, const nt_record_group *group, nt_text *words) {
    nt_text_printf(words,
                   "%d cases; the whole network has a %s of %.4f. Lowest: ", (int)group->case_count,
                   record->metric, nt_record_baseline(record, group).mean);
    add_end(group, -1, words);
    if (group->case_count > NAMED) {
        nt_text_add(words, ". Highest: ");
        add_end(group, 1, words);
    }
    nt_text_add(words, ". Verdicts: ");
    add_verdicts(record, group, words);
}

/* --- the run ---------------------------------------------------------------------------------- */

static int32_t next_layer(const nt_record *record, const int32_t *taken, int count) {
    int32_t best = -1;
    for (int32_t i = 0; i < record->layer_count; i++) {
        double cost = record->layers[i].cost;
        bool free = !isnan(cost);
        for (int k = 0; k < count; k++)
            free = free && taken[k] != i;
        if (free && (best < 0 || cost < record->layers[best].cost))
            best = i;
    }
    return best;
}

void nt_describe_costs(const nt_record *record, const nt_record_group *group, nt_text *words) {
    (void)group;
    int32_t taken[NAMED], measured = 0, within = 0;
    for (int32_t i = 0; i < record->layer_count; i++) {
        measured += !isnan(record->layers[i].cost);
        within += fabs(record->layers[i].cost) <= record->margin;
    }
    nt_text_printf(words,
                   "Of %d layers that were edited alone, %d change the %s by at most %g. "
                   "Greatest losses: ",
                   (int)measured, (int)within, record->metric, record->margin);
    for (int i = 0; i < NAMED && (taken[i] = next_layer(record, taken, i)) >= 0; i++)
        nt_text_printf(words, "%s%s %+.4f", i ? ", " : "", record->layers[taken[i]].name,
                       record->layers[taken[i]].cost);
    nt_text_add(words, ".");
}

void nt_describe_verdicts(const nt_record *record, const nt_record_group *group, nt_text *words) {
    (void)group;
    for (int32_t g = 0; g < record->group_count; g++) {
        const nt_record_group *one = &record->groups[g];
        if (one->case_count == 0)
            continue;
        nt_text_printf(words, "%s%s: ", g ? " " : "", nt_group_title(one));
        add_verdicts(record, one, words);
    }
}

void nt_describe_training(const nt_record *record, const nt_record_group *group, nt_text *words) {
    (void)group;
    for (int32_t s = 0; s < record->seed_count; s++) {
        const nt_record_seed *seed = &record->seeds[s];
        if (seed->epoch_count == 0)
            continue;
        const nt_record_epoch *last = &seed->epochs[seed->epoch_count - 1];
        nt_text_printf(words, "%sSeed %d: after %d epochs the training loss is %.4f", s ? " " : "",
                       (int)seed->seed, (int)last->epoch, last->loss);
        if (!isnan(last->held_value))
            nt_text_printf(words, " and the %s on held-out images %.4f", record->metric,
                           last->held_value);
        nt_text_add(words, ".");
    }
}

/* --- all -------------------------------------------------------------------------------------- */

void nt_figure_words(const nt_figure *figure, const nt_record *record, nt_text *words) {
    nt_text_printf(words, "%s. %s ", figure->title, figure->caption);
    if (figure->kind->describe)
        figure->kind->describe(record, figure->group, words);
    else if (figure->group)
        describe_cases(record, figure->group, words);
}
