/* Sentences and short words of what a run found. */
#include "results_words.h"

#include <string.h>

enum { WORDS_DIGITS = 6 }; /* of numbers */

static bool is_empty_list(const nt_field *field, const void *options) {
    const nt_ints *list = (const void *)((const char *)options + field->offset);
    return field->type == NT_INTS && list->count == 0;
}

/* " (deviation 0.1, seed 7)"; nothing without options, with what is as usual, and of a list without
 * items. */
static void add_options(const nt_edit_result *edit, nt_text *text) {
    int said = 0;
    for (const nt_field *field = edit->fields; field && field->name; field++) {
        if (nt_field_is_usual(field, edit->options) || is_empty_list(field, edit->options))
            continue;
        nt_text_printf(text, "%s%s ", said++ ? ", " : " (", field->name);
        nt_field_format_digits(field, edit->options, WORDS_DIGITS, text);
    }
    nt_text_add(text, said ? ")" : "");
}

void nt_edit_add_how(const nt_edit_result *edit, nt_text *text) {
    nt_text_add(text, edit->kind);
    add_options(edit, text);
}

static bool same_options(const nt_edit_result *a, const nt_edit_result *b) {
    return !a->fields || !b->fields || nt_fields_equal(a->fields, a->options, b->options);
}

/* The layers that are edited in one way: "zero a b", and where their options differ, each: "permute
 * a (from b) b (from a)". */
static void add_kind(const nt_case_result *item, const char *kind, nt_text *text) {
    const nt_edit_result *last = NULL;
    for (int32_t i = 0; i < item->edit_count; i++) {
        const nt_edit_result *edit = &item->edits[i];
        if (strcmp(edit->kind, kind) != 0)
            continue;
        if (!last)
            nt_text_printf(text, "%s%s", text->length ? ", " : "", kind);
        else if (!same_options(last, edit))
            add_options(last, text);
        nt_text_printf(text, " %s", edit->layer);
        last = edit;
    }
    if (last)
        add_options(last, text);
}

const char *nt_case_words(const nt_results *results, const nt_case_result *item, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (int k = 0; results->kinds[k]; k++)
        add_kind(item, results->kinds[k], &text);
    const char *copy = text.failed || !text.bytes ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

void nt_results_add_legend(const nt_results *results, nt_text *text) {
    nt_text_printf(text,
                   "Intervals are of the change. Trivial: it is shown to lie within %g to either "
                   "side, by two one-sided tests, which look at the 90 %% interval. Critical: it "
                   "is shown to be a loss of more, better: a gain of more, which looks at the 95 "
                   "%% interval. Each of the two kinds of test is adjusted after Holm over the "
                   "cases of the group, so that a case whose interval lies within the margin may "
                   "stay undecided.",
                   results->setup.margin);
    bool early = false;
    for (int32_t g = 0; g < results->group_count; g++)
        early = early || nt_group_result_decides(&results->groups[g]);
    if (early)
        nt_text_add(text, " Where a case was to end as soon as its verdict is certain, its images "
                          "are the first so many of one random order, p values are reciprocals "
                          "of e-values, and its intervals are confidence sequences: both hold "
                          "whenever one looks. Given up: with probability 95 % the other images "
                          "would not have decided it.");
    nt_results_add_few(results, " ", "", text);
}

const char *nt_retraining_words(const nt_retraining *retraining, nt_arena *arena) {
    const char *from = retraining->from;
    bool epoch = strncmp(from, "epoch", 5) == 0;
    return nt_arena_printf(arena,
                           "retrained for %d epoch%s from the %s%s%s, and compared with the whole "
                           "network retrained likewise",
                           retraining->epochs, retraining->epochs == 1 ? "" : "s",
                           epoch ? "weights after " : from, epoch ? from : "",
                           epoch ? "" : " weights");
}

void nt_recipe_add_verdict(const nt_recipe_finding *recipe, nt_text *text) {
    if (recipe->recipe.seeds < 2)
        return;
    nt_text_add(text, nt_verdict_name(recipe->judgement.verdict));
    if (recipe->judgement.verdict == NT_UNDECIDED && recipe->recipe.wanted > recipe->recipe.seeds)
        nt_text_printf(text, " (%d seeds)", (int)recipe->recipe.wanted);
}

/* Whether the intervals by themselves would say trivial, critical or better. */
static bool lies_apart(const nt_judgement *judgement, double margin) {
    const nt_interval *inside = &judgement->within_90, *outside = &judgement->within_95;
    return (inside->low > -margin && inside->high < margin) || outside->low > margin ||
           outside->high < -margin;
}

void nt_results_add_adjusted(const nt_results *results, const char *before, const char *after,
                             nt_text *text) {
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++) {
            const nt_recipe_finding *recipe = &results->groups[g].cases[c].recipe;
            if (recipe->recipe.seeds < 2 || recipe->judgement.verdict != NT_UNDECIDED ||
                !lies_apart(&recipe->judgement, results->setup.margin))
                continue;
            nt_text_printf(text,
                           "%sAn interval is of its case alone. A verdict holds for all cases of "
                           "its group at once (Holm's method), so some are undecided whose "
                           "interval lies beyond the margin, or within it.%s",
                           before, after);
            return;
        }
}

void nt_results_add_few(const nt_results *results, const char *before, const char *after,
                        nt_text *text) {
    if (results->setup.metric == NT_ACCURACY)
        return;
    int32_t clusters = nt_results_clusters(results, text);
    if (clusters < NT_FEWEST_CLUSTERS)
        nt_text_printf(text,
                       "%sWith %d %s nothing is called trivial: they can't show what would "
                       "befall one in ten; that takes %d.%s",
                       before, clusters, results->samples.patients ? "patients" : "images",
                       NT_FEWEST_CLUSTERS, after);
}
