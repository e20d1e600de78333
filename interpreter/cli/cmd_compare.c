/* nontrivial compare: finished runs held against each other: in what they were made differently,
 * and what each found of the cases that they share. */
#include "command.h"
#include "compare_page.h"
#include "compared_words.h"
#include "console.h"
#include "findings_table.h"
#include "fit.h"
#include "json_out.h"
#include "results_file.h"
#include "runs_compared.h"
#include "runs_differences.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct compare_options {
    const char *group, *page;
    bool json;
} compare_options;

static const nt_field compare_fields[] = {
    {"group", NT_STRING, offsetof(compare_options, group), .doc = "only this group"},
    {"page", NT_STRING, offsetof(compare_options, page),
     .doc = "write a page, index.html, into this folder in place of printing tables"},
    NT_OPTION_JSON(compare_options),
    {0},
};

static const nt_operand compare_operands[] = {
    {.name = "RUN", .doc = "the folder of a finished run"},
    {.name = "RUN", .doc = "others", .repeated = true},
    {0}};

static const char compare_detail[] =
    "Everything comes from the runs' results.json. First stands what differs in the way they were\n"
    "made, under the names that results.json has for it; then, group by group, the cases. With\n"
    "several seeds values and changes are means over them, and verdicts are of the recipe.\n"
    "Kendall's tau says how well two runs agree on the order of the cases by their change: 1 if\n"
    "fully. The exit status is 0 whether or not the runs differ.\n";

enum { MOST_RUNS = 64 };

/* What was read of the runs that the command line names. */
typedef struct comparing {
    const char *const *folders;
    nt_results *runs[MOST_RUNS];
    int32_t count;
    nt_runs_differences differences;
    nt_runs_compared compared;
    const char *group; /* NULL: all */
    nt_arena arena;    /* of names of columns */
} comparing;

/* --- tables ----------------------------------------------------------------------------------- */

static void add_runs(const comparing *all, nt_text *text) {
    static const nt_column columns[] = {{"", .align = NT_RIGHT},
                                        {"run", NT_LEFT, .cut = true},
                                        {"suite", NT_LEFT, .leaves = 4, .cut = true},
                                        {"network", NT_LEFT, .leaves = 2, .cut = true},
                                        {"data", NT_LEFT, .leaves = 3},
                                        {"seeds", NT_RIGHT, .leaves = 1},
                                        {"metric", NT_LEFT, .leaves = 5},
                                        {"baseline", .align = NT_RIGHT},
                                        {0}};
    nt_table table;
    nt_table_init(&table, columns);
    for (int32_t r = 0; r < all->count; r++) {
        const nt_results *run = all->runs[r];
        double sum = 0;
        for (int32_t s = 0; s < run->seed_count; s++)
            sum += nt_finding_value(&run->baseline[s]);
        nt_table_cellf(&table, "%d", (int)r + 1);
        nt_table_cell(&table, all->folders[r]);
        nt_table_cell(&table, run->suite);
        nt_table_cell(&table, run->network);
        nt_table_cell(&table, run->setup.data);
        nt_table_cellf(&table, "%d", (int)run->seed_count);
        nt_table_cell(&table, nt_metric_names[run->setup.metric]);
        nt_table_share(&table, sum / run->seed_count);
    }
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

/* Columns: `first`, then `each` of every run, under its number. NULL when out of memory. */
static nt_column *columns_of(comparing *all, const char *first, const nt_column *each) {
    int parts = 0, count = 0;
    while (each[parts].align != NT_END)
        parts++;
    nt_column *columns = NT_ARENA_ARRAY(&all->arena, nt_column, all->count * parts + 2);
    if (!columns)
        return NULL;
    columns[count++] = (nt_column){first, NT_LEFT, .cut = true};
    for (int32_t r = 0; r < all->count; r++)
        for (int i = 0; i < parts; i++) {
            const char *title = nt_arena_printf(&all->arena, "%d%s%s", (int)r + 1,
                                                each[i].title[0] ? " " : "", each[i].title);
            if (!title)
                return NULL;
            columns[count] = each[i];
            columns[count++].title = title;
        }
    columns[count] = (nt_column){0};
    return columns;
}

static void add_differences(comparing *all, nt_text *text) {
    static const nt_column each[] = {{"", NT_LEFT, .cut = true}, {0}};
    const nt_column *columns = columns_of(all, "set-up", each);
    const nt_runs_differences *found = &all->differences;
    nt_table table;
    nt_text value;
    if (found->count == 0)
        nt_text_add(text, "\nthe runs were made in the same way\n");
    text->failed = text->failed || !columns;
    if (!columns || found->count == 0)
        return;
    nt_table_init(&table, columns);
    for (int32_t i = 0; i < found->count; i++) {
        nt_table_cell(&table, found->items[i].path);
        for (int32_t r = 0; r < all->count; r++) {
            nt_text_init(&value);
            nt_compared_add_value(found->items[i].values[r], &value);
            nt_table_cell(&table, value.failed ? NULL : value.bytes);
            nt_text_finish(&value);
        }
    }
    nt_text_add(text, "\n");
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

static void add_cases(comparing *all, const nt_compared_group *group, nt_text *text) {
    static const nt_column each[] = {{"value", NT_RIGHT, .leaves = 2},
                                     {"change", .align = NT_RIGHT},
                                     {"verdict", NT_LEFT, .leaves = 1},
                                     {0}};
    const nt_column *columns = columns_of(all, "case", each);
    nt_table table;
    text->failed = text->failed || !columns;
    if (!columns || group->case_count == 0)
        return;
    nt_table_init(&table, columns);
    for (int32_t c = 0; c < group->case_count; c++) {
        nt_table_cell(&table, group->cases[c].name);
        for (int32_t r = 0; r < all->count; r++) {
            const nt_case_result *item = group->cases[c].of[r];
            nt_table_share(&table, item ? item->value.mean : (double)NAN);
            nt_table_change(&table, item ? item->change.mean : (double)NAN);
            nt_table_cell(&table, nt_compared_verdict(item));
        }
    }
    nt_text_add(text, "\n");
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

/* --- what is to be seen in them --------------------------------------------------------------- */

static void add_verdicts(const comparing *all, const nt_compared_group *group, nt_text *text) {
    if (group->verdicts == 0)
        return;
    nt_text_printf(text, "%d of %d cases have another verdict:\n", (int)group->verdicts,
                   (int)group->case_count);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_compared_case *item = &group->cases[c];
        const char *before = ": ";
        if (!item->verdict)
            continue;
        nt_text_printf(text, "  %s", item->name);
        for (int32_t r = 0; r < all->count; r++) {
            if (!item->of[r])
                continue;
            nt_text_printf(text, "%s%s", before, nt_compared_verdict(item->of[r]));
            before = " → ";
        }
        nt_text_add(text, "\n");
    }
}

static void add_group(comparing *all, const nt_compared_group *group, nt_text *text) {
    nt_text notes;
    nt_text_printf(text, "\n%s\n", group->name);
    add_cases(all, group, text);
    nt_text_init(&notes);
    nt_compared_add_tau(&all->compared, group, &notes);
    add_verdicts(all, group, &notes);
    nt_compared_add_odd(&all->compared, group, &notes);
    if (notes.length > 0)
        nt_text_printf(text, "\n%s", notes.bytes);
    text->failed = text->failed || notes.failed;
    nt_text_finish(&notes);
}

static bool is_wanted(const comparing *all, const nt_compared_group *group) {
    return !all->group || strcmp(all->group, group->name) == 0;
}

static nt_status print_tables(comparing *all) {
    nt_text text;
    nt_text_init(&text);
    add_runs(all, &text);
    add_differences(all, &text);
    for (int32_t g = 0; g < all->compared.group_count; g++)
        if (is_wanted(all, &all->compared.groups[g]))
            add_group(all, &all->compared.groups[g], &text);
    nt_text_break(&text, (size_t)nt_console_width(stdout));
    return nt_print(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *differences_json(const nt_runs_differences *found) {
    json_t *list = json_array();
    for (int32_t i = 0; i < found->count; i++) {
        json_t *values = json_array();
        for (int32_t r = 0; r < found->run_count; r++)
            values = nt_json_append(values, found->items[i].values[r]
                                                ? json_deep_copy(found->items[i].values[r])
                                                : json_null());
        list = nt_json_append(
            list, json_pack("{s:s, s:o}", "path", found->items[i].path, "values", values));
    }
    return list;
}

static json_t *case_json(const comparing *all, const nt_compared_case *item) {
    json_t *runs = json_array();
    for (int32_t r = 0; r < all->count; r++) {
        const nt_case_result *of = item->of[r];
        const nt_judgement *judgement = of ? nt_case_judgement(of) : NULL;
        runs = nt_json_append(
            runs, of ? json_pack("{s:o, s:o, s:s?}", "value", nt_json_real(of->value.mean),
                                 "change", nt_json_real(of->change.mean), "verdict",
                                 judgement ? nt_verdict_name(judgement->verdict) : NULL)
                     : json_null());
    }
    return json_pack("{s:s, s:b, s:b, s:o}", "case", item->name, "same_edits", !item->edits,
                     "same_verdict", !item->verdict, "runs", runs);
}

static json_t *group_json(const comparing *all, const nt_compared_group *group) {
    json_t *cases = json_array(), *tau = json_array();
    for (int32_t c = 0; c < group->case_count; c++)
        cases = nt_json_append(cases, case_json(all, &group->cases[c]));
    for (int32_t a = 0; a < all->count; a++) {
        json_t *row = json_array();
        for (int32_t b = 0; b < all->count; b++)
            row = nt_json_append(row, nt_json_real(group->tau[a * all->count + b]));
        tau = nt_json_append(tau, row);
    }
    return json_pack("{s:s, s:i, s:i, s:o, s:o}", "group", group->name, "shared_cases",
                     (int)group->shared, "other_verdicts", (int)group->verdicts, "kendall_tau", tau,
                     "cases", cases);
}

static nt_status print_json(const comparing *all) {
    json_t *runs = json_array(), *groups = json_array();
    for (int32_t r = 0; r < all->count; r++)
        runs = nt_json_append(
            runs, json_pack("{s:o, s:s, s:s, s:s}", "run", nt_json_text(all->folders[r]), "suite",
                            all->runs[r]->suite, "network", all->runs[r]->network, "metric",
                            nt_metric_names[all->runs[r]->setup.metric]));
    for (int32_t g = 0; g < all->compared.group_count; g++)
        if (is_wanted(all, &all->compared.groups[g]))
            groups = nt_json_append(groups, group_json(all, &all->compared.groups[g]));
    return nt_json_print(json_pack("{s:o, s:o, s:o}", "runs", runs, "differences",
                                   differences_json(&all->differences), "groups", groups));
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status read_runs(const nt_arguments *arguments, comparing *all, nt_error *error) {
    nt_status status = NT_OK;
    if (arguments->word_count > MOST_RUNS)
        return nt_error_say(error, NT_USAGE, "at most %d runs can be compared", MOST_RUNS);
    for (int r = 0; r < arguments->word_count; r++) {
        nt_text path;
        nt_text_init(&path);
        nt_text_printf(&path, "%s/" NT_RESULTS_JSON, arguments->words[r]);
        nt_status read = path.failed ? nt_error_say(error, NT_NO_MEMORY, "out of memory")
                                     : nt_results_read(path.bytes, &all->runs[all->count], error);
        nt_text_finish(&path);
        all->count += read == NT_OK;
        status = status == NT_OK ? read : status;
    }
    return status;
}

static nt_status check_group(const comparing *all, nt_error *error) {
    nt_arena arena;
    for (int32_t g = 0; g < all->compared.group_count; g++)
        if (is_wanted(all, &all->compared.groups[g]))
            return NT_OK;
    if (!all->group)
        return NT_OK;
    nt_arena_init(&arena);
    const char **names = NT_ARENA_ARRAY(&arena, const char *, all->compared.group_count + 1);
    for (int32_t g = 0; names && g < all->compared.group_count; g++)
        names[g] = all->compared.groups[g].name;
    nt_error_say(error, NT_USAGE, "none of the runs has a group '%s'", all->group);
    if (names)
        nt_error_suggest(error, all->group, names);
    nt_arena_finish(&arena);
    return NT_USAGE;
}

static nt_status write_page(comparing *all, const char *folder, bool quiet, nt_error *error) {
    const nt_comparison_page page = {.folders = all->folders,
                                     .compared = &all->compared,
                                     .differences = &all->differences,
                                     .group = all->group};
    NT_TRY(nt_compare_page_write(&page, folder, error));
    if (quiet)
        return NT_OK;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s/index.html\n", folder);
    return nt_print(&text);
}

/* As JSON, as a page, or both; otherwise as tables. */
static nt_status show(comparing *all, const compare_options *options, nt_error *error) {
    if (options->page)
        NT_TRY(write_page(all, options->page, options->json, error));
    return options->json ? print_json(all) : options->page ? NT_OK : print_tables(all);
}

static nt_status compare(comparing *all, const compare_options *options, nt_error *error) {
    const nt_results *const *runs = (const nt_results *const *)all->runs;
    nt_status status = nt_runs_differences_find(runs, all->count, &all->differences);
    if (status == NT_OK) {
        status = nt_runs_compare(runs, all->count, &all->compared);
        if (status == NT_OK)
            status = check_group(all, error);
        if (status == NT_OK)
            status = show(all, options, error);
        nt_runs_compared_finish(&all->compared);
    }
    nt_runs_differences_finish(&all->differences);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const compare_options *options = arguments->record;
    comparing all = {.folders = arguments->words, .group = options->group};
    nt_arena_init(&all.arena);
    nt_status status = read_runs(arguments, &all, error);
    if (status == NT_OK)
        status = compare(&all, options, error);
    for (int32_t r = 0; r < all.count; r++)
        nt_results_free(all.runs[r]);
    nt_arena_finish(&all.arena);
    return status;
}

const nt_command nt_command_compare = {
    .kind = {.name = "compare",
             .doc = "hold runs against each other: set-up, cases, verdicts, order of the cases",
             .fields = compare_fields,
             .size = sizeof(compare_options)},
    .detail = compare_detail,
    .examples = "nontrivial compare runs/first runs/second --group each-layer\n"
                "nontrivial compare runs/first runs/second --page first-and-second\n",
    .syntax = {.operands = compare_operands},
    .run = run,
};
