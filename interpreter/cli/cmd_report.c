/* nontrivial report: a finished run as a page with its figures and tables. */
#include "arena.h"
#include "build_info.h"
#include "command.h"
#include "console.h"
#include "progress_bar.h"
#include "run_report.h"
#include <string.h>

typedef struct report_options {
    const char *out;
    bool quiet, json;
} report_options;

static const nt_field report_fields[] = {
    {"out", NT_STRING, offsetof(report_options, out),
     .doc = "the folder to write into (default: report/ in the run folder)"},
    {"quiet", NT_BOOL, offsetof(report_options, quiet), "false", .doc = "show no progress"},
    {"json", NT_BOOL, offsetof(report_options, json), "false",
     .doc = "print what was written as JSON"},
    {0},
};

static const nt_operand report_operands[] = {
    {.name = "RUN", .doc = "a run folder: what 'run' was given as --out"}, {0}};

static const char report_detail[] =
    "Writes index.html, one page that needs nothing beside it; tables.md and a tables-GROUP.csv\n"
    "for each group; and each figure as SVG and PNG with its data as CSV and the script that\n"
    "draws it, which may be changed and run again by hand.\n"
    "\n"
    "Everything comes from the run's results.json and, where they are there, the metrics.csv of\n"
    "its seeds and the pictures in overlays/; results.json alone is enough. Plots are drawn by\n"
    "gnuplot, the network by Graphviz's dot.\n";

static nt_status print_written(const char *run, const char *out, bool json) {
    nt_text page;
    nt_text_init(&page);
    nt_text_printf(&page, "%s/index.html", out);
    if (!json) {
        nt_text_add(&page, "\n");
        return nt_print(&page);
    }
    json_t *value = page.failed ? NULL
                                : json_pack("{s:s, s:s, s:s, s:b}", "run", run, "folder", out,
                                            "page", page.bytes, "drawn", nt_feature_plots.built);
    nt_text_finish(&page);
    return nt_json_print(value);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const report_options *options = arguments->record;
    const char *folder = arguments->words[0], *out = options->out;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.step = nt_progress_bar_show, .context = &bar};
    if (!out)
        out =
            nt_arena_printf(&arena, "%s%s", folder,
                            folder[0] && folder[strlen(folder) - 1] == '/' ? "report" : "/report");
    nt_status status = out ? nt_run_report_write(folder, out, &progress, error) : NT_NO_MEMORY;
    nt_progress_bar_finish(&bar);
    if (status == NT_OK)
        status = print_written(folder, out, options->json);
    if (status == NT_OK && !nt_feature_plots.built)
        fputs("figures are not drawn: this build is without them (-Dplots=enabled has them); their "
              "scripts and data are there\n",
              stderr);
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_report = {
    .kind = {.name = "report",
             .doc = "make a page, figures and tables of what a run measured",
             .fields = report_fields,
             .size = sizeof(report_options)},
    .detail = report_detail,
    .examples = "nontrivial report runs/first\n",
    .syntax = {.operands = report_operands},
    .run = run,
};
