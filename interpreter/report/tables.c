/* A report's tables. A row is made once as cells of plain text, in the same columns for Markdown
 * and for HTML; the CSV has its own columns, with every number in full. */
#include "tables.h"

#include "case_edits.h"
#include "csv_out.h"
#include "html.h"
#include "results_words.h"
#include <math.h>
#include <string.h>

#define NO ((double)NAN)

/* The cells of a row, as text that both Markdown and HTML show; in the record's arena. */
typedef struct row {
    nt_record *record;
    const char *cells[NT_TABLE_COLUMNS];
    bool number[NT_TABLE_COLUMNS]; /* to the right */
    int count;
} row;

/* NULL: memory was out, and nothing of the record is written any more. */
static void add(row *r, const char *text) {
    r->cells[r->count++] = text ? text : "";
}

/* A column of numbers, by its title. */
static void add_column(row *r, const char *title) {
    r->number[r->count] = true;
    add(r, title);
}

static void add_number(row *r, const char *format, double value) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, format, value);
    const char *number = nt_text_keep(&text, &r->record->arena);
    add(r, isnan(value) ? "–" : number);
}

/* --- columns ---------------------------------------------------------------------------------- */

static bool single(const nt_record_group *group) {
    return group->form == NT_FORM_SINGLE || group->form == NT_FORM_KINDS;
}

static void head(nt_record *record, const nt_record_group *group, row *r) {
    *r = (row){.record = record};
    add(r, single(group) ? "layer" : "case");
    if (single(group))
        add(r, "part");
    else
        add_column(r, "layers");
    add_column(r, record->metric);
    if (record->seed_count > 1)
        add_column(r, "± over seeds");
    add_column(r, "change");
    add_column(r, record->seed_count > 1 ? "95 % (recipe)" : "95 % interval");
    add_column(r, record->seed_count > 1 ? "90 % (recipe)" : "90 % interval");
    add(r, record->seed_count > 1 ? "each seed" : "verdict");
    if (record->seed_count > 1)
        add(r, "recipe");
    if (nt_paper_table(nt_paper_of(record), group)) {
        add_column(r, "paper");
        add_column(r, "minus paper");
    }
}

static void add_interval(row *r, nt_interval interval) {
    add(r, isnan(interval.low)
               ? "–"
               : nt_arena_printf(&r->record->arena, "%+.4f to %+.4f", interval.low, interval.high));
}

static void add_recipe(row *r, const nt_recipe_finding *recipe) {
    nt_text text;
    nt_text_init(&text);
    if (recipe)
        nt_recipe_add_verdict(recipe, &text);
    const char *words = nt_text_keep(&text, &r->record->arena);
    add(r, words && !words[0] ? "–" : words);
}

/* Of one seed with how many images it took, where it was not to take all. */
static void add_verdict(row *r, nt_record *record, const nt_record_case *item) {
    const char *verdict = nt_record_verdict(item, &record->arena);
    if (verdict && record->seed_count == 1 && item->findings[0].images > 0)
        verdict =
            nt_arena_printf(&record->arena, "%s, %d images", verdict, item->findings[0].images);
    add(r, verdict);
}

static void fill(nt_record *record, const nt_record_group *group, const nt_record_case *item,
                 row *r) {
    const nt_paper *paper = nt_paper_of(record);
    static const nt_judgement none = {.within_95 = {NO, NO}, .within_90 = {NO, NO}};
    const nt_judgement *judgement = item->recipe             ? &item->recipe->judgement
                                    : record->seed_count > 1 ? &none
                                                             : item->findings[0].judgement;
    *r = (row){.record = record};
    add(r, item->name);
    if (single(group))
        add(r, item->layers[0] < 0 ? "" : nt_part_names[record->layers[item->layers[0]].part]);
    else
        add_number(r, "%.0f", item->layer_count);
    add_number(r, "%.4f", item->value.mean);
    if (record->seed_count > 1)
        add_number(r, "%.4f", item->value.deviation);
    add_number(r, "%+.4f", item->change.mean);
    if (record->seed_count == 1 && item->findings[0].no_interval)
        add(r, item->findings[0].no_interval);
    else
        add_interval(r, judgement->within_95);
    add_interval(r, judgement->within_90);
    add_verdict(r, record, item);
    if (record->seed_count > 1)
        add_recipe(r, item->recipe);
    if (nt_paper_table(paper, group)) {
        add_number(r, "%.2f", nt_paper_value(paper, item));
        add_number(r, "%+.2f", item->value.mean - nt_paper_value(paper, item));
    }
}

int nt_table_cells(nt_record *record, const nt_record_group *group, const nt_record_case *item,
                   const char **ret) {
    row r;
    if (item)
        fill(record, group, item, &r);
    else
        head(record, group, &r);
    memcpy(ret, r.cells, sizeof r.cells);
    return r.count;
}

/* --- forms ------------------------------------------------------------------------------------ */

static void add_markdown_row(const row *r, nt_text *text) {
    for (int i = 0; i < r->count; i++) {
        nt_text_add(text, i ? " | " : "| ");
        for (const char *c = r->cells[i]; *c; c++)
            nt_text_printf(text, "%s%c", *c == '|' ? "\\" : "", *c);
    }
    nt_text_add(text, " |\n");
}

void nt_table_markdown(nt_record *record, const nt_record_group *group, nt_text *text) {
    row r;
    head(record, group, &r);
    add(&r, "edit");
    add_markdown_row(&r, text);
    for (int i = 0; i < r.count; i++)
        nt_text_add(text, r.number[i] ? "| ---: " : "| --- ");
    nt_text_add(text, "|\n");
    for (int32_t c = 0; c < group->case_count; c++) {
        fill(record, group, &group->cases[c], &r);
        add(&r, nt_case_words(record->results, group->cases[c].result, &record->arena));
        add_markdown_row(&r, text);
    }
}

/* The class of a row: the verdict, where the seeds agree. */
static const char *verdict_class(const nt_record *record, const nt_record_case *item) {
    for (int v = 0; v < NT_VERDICTS; v++)
        if (item->verdicts[v] == record->seed_count)
            return nt_verdict_name((nt_verdict)v);
    return item->failures > 0 ? "failed" : "mixed";
}

/* What is done to the layers stands in the caption where the cases' names say to which. */
static const char *caption_of(nt_record *record, const nt_record_group *group, const char *done) {
    const char *title = nt_group_title(group);
    return done ? nt_arena_printf(&record->arena,
                                  "%s: %s, to the layers that a case is named after", title, done)
                : nt_arena_printf(&record->arena, "%s: what each case does stands under it", title);
}

void nt_table_html(nt_record *record, const nt_record_group *group, nt_text *text) {
    nt_html_column columns[NT_TABLE_COLUMNS + 1] = {{0}};
    const char *done = nt_edits_named(record, group);
    const char *caption = caption_of(record, group, done);
    row r;
    head(record, group, &r);
    for (int i = 0; i < r.count; i++)
        columns[i] = (nt_html_column){r.cells[i], r.number[i]};
    text->failed = text->failed || !caption;
    nt_html_table_begin(text, caption ? caption : "", columns);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        fill(record, group, item, &r);
        if (done) {
            nt_html_row(text, columns, r.cells, verdict_class(record, item));
            continue;
        }
        nt_html_row_above(text, columns, r.cells, verdict_class(record, item));
        nt_html_under_begin(text, columns);
        nt_edits_html(record, item, text);
        nt_html_under_end(text);
    }
    nt_html_table_end(text);
}

static void add_csv_intervals(const nt_judgement *judgement, nt_text *text) {
    nt_csv_real(text, judgement->within_95.low);
    nt_csv_real(text, judgement->within_95.high);
    nt_csv_real(text, judgement->within_90.low);
    nt_csv_real(text, judgement->within_90.high);
}

static void add_csv_seed(const nt_record_finding *finding, nt_text *text) {
    nt_csv_real(text, finding->value);
    nt_csv_real(text, finding->change);
    if (finding->failure)
        nt_text_add(text, ",,,,");
    else
        add_csv_intervals(finding->judgement, text);
}

static void add_csv_row(nt_record *record, const nt_record_case *item, double paper,
                        nt_text *text) {
    const nt_recipe_finding *recipe = item->recipe;
    const char *edit = nt_case_words(record->results, item->result, &record->arena);
    text->failed = text->failed || !edit;
    nt_csv_text(text, item->name);
    nt_text_add(text, ",");
    nt_csv_text(text, edit ? edit : "");
    nt_text_printf(text, ",%d", (int)item->layer_count);
    nt_csv_real(text, item->value.mean);
    nt_csv_real(text, item->value.deviation);
    nt_csv_real(text, item->change.mean);
    nt_csv_real(text, item->change.deviation);
    if (recipe) {
        add_csv_intervals(&recipe->judgement, text);
        nt_text_printf(text, ",%s", nt_verdict_name(recipe->judgement.verdict));
    } else {
        nt_text_add(text, ",,,,,");
    }
    nt_text_printf(text, ",%d,%d,%d,%d,%d,%s", (int)item->verdicts[NT_TRIVIAL],
                   (int)item->verdicts[NT_CRITICAL], (int)item->verdicts[NT_BETTER],
                   (int)item->verdicts[NT_UNDECIDED], (int)item->failures,
                   item->cut ? "true" : "false");
    nt_csv_real(text, paper);
    for (int32_t s = 0; s < record->seed_count; s++)
        add_csv_seed(&item->findings[s], text);
    nt_text_add(text, "\n");
}

/* A column means the same in every table: what does not apply to it is empty. */
void nt_table_csv(nt_record *record, const nt_record_group *group, nt_text *text) {
    const nt_paper *paper = nt_paper_of(record);
    nt_text_add(text, "case,edit,layers,value_mean,value_sd,change_mean,change_sd,recipe_low_95,"
                      "recipe_high_95,recipe_low_90,recipe_high_90,recipe,trivial,critical,better,"
                      "undecided,failures,cut,paper");
    for (int32_t s = 0; s < record->seed_count; s++) {
        int seed = (int)record->seeds[s].seed;
        nt_text_printf(text,
                       ",seed %d value,seed %d change,seed %d change_low_95,"
                       "seed %d change_high_95,seed %d change_low_90,seed %d change_high_90",
                       seed, seed, seed, seed, seed, seed);
    }
    nt_text_add(text, "\n");
    for (int32_t c = 0; c < group->case_count; c++)
        add_csv_row(record, &group->cases[c], nt_paper_value(paper, &group->cases[c]), text);
}

void nt_table_agreement(const nt_record_group *group, const char *tau, nt_text *text) {
    nt_text_printf(text, "The seeds %s: Kendall's %s %.2f", nt_agreement_words(group->tau), tau,
                   group->tau);
    if (!isnan(group->tau_not_trivial))
        nt_text_printf(text, "; %.2f without those that are trivial with every seed",
                       group->tau_not_trivial);
    nt_text_add(text, ".");
}

/* --- the page --------------------------------------------------------------------------------- */

/* What stands over all tables: the baseline of each seed, chance, the paper's baseline. */
static void add_baseline(const nt_record *record, nt_text *text) {
    nt_text_printf(text, "Baseline %s %.4f", record->metric, record->baseline.mean);
    if (record->seed_count > 1) {
        nt_text_printf(text, " ± %.4f over %d seeds (", record->baseline.deviation,
                       (int)record->seed_count);
        for (int32_t s = 0; s < record->seed_count; s++)
            nt_text_printf(text, "%s%.4f", s ? ", " : "", record->seeds[s].baseline);
        nt_text_add(text, ")");
    }
    if (!isnan(nt_record_chance(record)))
        nt_text_printf(text, ", chance %.4g", nt_record_chance(record));
    if (nt_paper_of(record))
        nt_text_printf(text, ", the paper's %.2f", nt_paper_baseline(nt_paper_of(record)));
    nt_text_printf(text, "; %d %s images of %s, classes", (int)record->samples, record->split,
                   record->data);
    for (int32_t i = 0; i < record->class_count; i++)
        nt_text_printf(text, "%s %s", i ? "," : "", record->classes[i]);
    if (record->uncounted > 0)
        nt_text_printf(text, "; of %d images every pixel is ignored: they are in no value",
                       (int)record->uncounted);
    nt_text_printf(text, "; batch normalisation: %s; margin %g.\n", record->batch_norm,
                   record->margin);
}

/* What was done, in short. */
static void add_brief(const nt_record *record, nt_text *text) {
    for (const nt_brief *brief = nt_briefs; brief->subject; brief++) {
        nt_text_printf(text, "- %s: ", brief->subject);
        brief->add(record->results, text);
        nt_text_add(text, "\n");
    }
    nt_text_add(text, "\n");
}

void nt_tables_markdown(nt_record *record, nt_text *text) {
    const nt_paper *paper = nt_paper_of(record);
    nt_text_printf(text, "# %s: %s\n\n", record->suite, record->network);
    add_baseline(record, text);
    nt_text_add(text, "\n");
    add_brief(record, text);
    nt_results_add_legend(record->results, text);
    nt_text_add(text, "\n");
    if (paper)
        nt_text_printf(text, "\n%s\n", nt_paper_remark(paper));
    for (int32_t g = 0; g < record->group_count; g++) {
        const nt_record_group *group = &record->groups[g];
        const char *table = nt_paper_table(paper, group);
        nt_text_printf(text, "\n## %s\n\n", nt_group_title(group));
        if (table)
            nt_text_printf(text, "Beside the paper's %s.\n\n", table);
        if (group->remark[0])
            nt_text_printf(text, "%s\n\n", group->remark);
        if (group->retrained)
            nt_text_printf(text, "Each case is %s, which has a %s of %.4f.\n\n", group->retrained,
                           record->metric, group->own_baseline->mean);
        if (group->control[0])
            nt_text_printf(text, "%s\n\n", group->control);
        for (int32_t i = 0; i < group->note_count; i++)
            nt_text_printf(text, "Note: %s.\n\n", group->notes[i]);
        if (!isnan(group->tau)) {
            nt_table_agreement(group, "tau", text);
            nt_text_add(text, "\n\n");
        }
        if (group->case_count > 0)
            nt_table_markdown(record, group, text);
    }
}
