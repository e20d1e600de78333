/* nontrivial report: a finished run as a page with its figures and tables. */
#include "arena.h"
#include "build_info.h"
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "progress_bar.h"
#include "run_report.h"
#include "signals.h"
#include <string.h>

typedef struct report_options {
    const char *out;
    bool paper, quiet, json;
} report_options;

static const nt_field report_fields[] = {
    {"out", NT_STRING, offsetof(report_options, out),
     .doc = "the folder to write into (default: report/ in the run folder, with --paper paper/)"},
    {"paper", NT_BOOL, offsetof(report_options, paper), "false",
     .doc = "write what a paper in LaTeX takes: figures as PDF, tables, what to cite"},
    {"quiet", NT_BOOL, offsetof(report_options, quiet), "false", .doc = "show no progress"},
    {"json", NT_BOOL, offsetof(report_options, json), "false",
     .doc = "print what was written as JSON"},
    {0},
};

static const nt_operand report_operands[] = {
    {.name = "RUN", .doc = "a run folder: what 'run' was given as --out"}, {0}};

static const char report_detail[] =
    "Writes index.html, one page that needs nothing beside it; tables.md, and for each group a\n"
    "tables-GROUP.csv and a tables-GROUP.tex; cite.bib, what to cite; and each figure as SVG, PNG\n"
    "and PDF with its data as CSV and the script that draws it, which may be changed and run\n"
    "again by hand. With --paper the .pdf, .tex and .bib files alone, and what figures are drawn\n"
    "from.\n"
    "\n"
    "Everything comes from the run's results.json and, where they are there, the metrics.csv of\n"
    "its seeds, outcomes.bin and the pictures in overlays/; results.json alone is enough. Plots\n"
    "are drawn by gnuplot, without the settings of whoever runs it, the network by Graphviz's\n"
    "dot.\n";

static nt_status print_written(const char *run, const char *out, bool paper, bool json) {
    nt_text page;
    nt_text_init(&page);
    nt_text_printf(&page, paper ? "%s" : "%s/index.html", out);
    if (!json) {
        nt_text_add(&page, "\n");
        return nt_print(&page);
    }
    json_t *value =
        page.failed ? NULL
                    : json_pack("{s:o, s:o, s:o, s:b}", "run", nt_json_text(run), "folder",
                                nt_json_text(out), "page", nt_json_text(paper ? NULL : page.bytes),
                                "drawn", nt_feature_plots.built);
    nt_text_finish(&page);
    return nt_json_print(value);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const report_options *options = arguments->record;
    const char *folder = arguments->words[0], *out = options->out;
    const char *usual = options->paper ? "paper" : "report";
    size_t length = strlen(folder);
    nt_arena arena;
    nt_arena_init(&arena);
    nt_signals_catch();
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.step = nt_progress_bar_show, .context = &bar};
    if (!out)
        out = nt_arena_printf(&arena, "%s%s%s", folder,
                              length > 0 && folder[length - 1] == '/' ? "" : "/", usual);
    nt_status status =
        out ? nt_run_report_write(folder, out, options->paper, &progress, error) : NT_NO_MEMORY;
    nt_progress_bar_finish(&bar);
    if (status == NT_OK)
        status = print_written(folder, out, options->paper, options->json);
    if (status == NT_OK && !nt_feature_plots.built)
        nt_print_note("figures are not drawn: this build is without them (-Dplots=enabled has "
                      "them); their scripts and data are there");
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_report = {
    .kind = {.name = "report",
             .doc = "make a page, figures and tables of what a run measured",
             .fields = report_fields,
             .size = sizeof(report_options)},
    .detail = report_detail,
    .examples = "nontrivial report runs/first\n"
                "nontrivial report runs/first --paper --out paper/generated\n",
    .syntax = {.operands = report_operands},
    .run = run,
};
