/* A finished run as a report: tables as Markdown, CSV and LaTeX, figures, the page. Each file is
 * replaced as a whole, the page last, so that a page never shows figures of another run. */
#include "run_report.h"

#include "beneath.h"
#include "cite.h"
#include "drawing.h"
#include "page.h"
#include "signals.h"
#include "tables.h"
#include <string.h>

typedef struct report {
    nt_record *record;
    const nt_figures *figures;
    const char *out;
    bool paper;
    nt_error *error;
} report;

/* A group's table is called as its first figure is. */
static nt_status write_table(const report *r, const nt_figure *figure, const char *ending,
                             nt_text *text) {
    text->failed = text->failed || !nt_record_is_whole(r->record);
    const char *name = nt_arena_printf(&r->record->arena, "tables-%s.%s", figure->name, ending);
    nt_status status = name ? nt_write_into(r->out, name, text, r->error) : NT_NO_MEMORY;
    nt_text_clear(text);
    return status;
}

static nt_status write_tables(const report *r) {
    nt_text text;
    nt_status status = NT_OK;
    nt_text_init(&text);
    if (!r->paper) {
        nt_tables_markdown(r->record, &text);
        text.failed = text.failed || !nt_record_is_whole(r->record);
        status = nt_write_into(r->out, "tables.md", &text, r->error);
        nt_text_clear(&text);
    }
    for (int32_t g = 0; status == NT_OK && g < r->record->group_count; g++) {
        const nt_record_group *group = &r->record->groups[g];
        const nt_figure *figure = nt_figures_of_group(r->figures, group);
        if (!figure)
            continue;
        nt_table_latex(r->record, group, figure->name, &text);
        status = write_table(r, figure, "tex", &text);
        if (status != NT_OK || r->paper)
            continue;
        nt_table_csv(r->record, group, &text);
        status = write_table(r, figure, "csv", &text);
    }
    if (status == NT_OK) {
        nt_cite_add(r->record, &text);
        text.failed = text.failed || !nt_record_is_whole(r->record);
        status = nt_write_into(r->out, "cite.bib", &text, r->error);
    }
    nt_text_finish(&text);
    return status;
}

/* Ctrl-C ends a program that draws, too: that it died is then no news. */
static nt_status stopped_or(nt_status status, nt_error *error) {
    nt_status stopped = nt_signals_status();
    if (stopped == NT_OK)
        return status;
    nt_error_finish(error);
    nt_error_init(error);
    return stopped;
}

nt_status nt_report_write_tables(nt_record *record, const nt_figures *figures, const char *out,
                                 bool paper, nt_error *error) {
    const report r = {record, figures, out, paper, error};
    return write_tables(&r);
}

static nt_status draw(const report *r, const nt_progress *progress) {
    unsigned formats = r->paper ? 1U << NT_PDF : 1U << NT_SVG | 1U << NT_PNG | 1U << NT_PDF;
    for (int32_t i = 0; i < r->figures->count; i++) {
        const nt_figure *figure = &r->figures->items[i];
        NT_TRY(nt_signals_status());
        nt_progress_step(progress, "drawing", figure->name, i, r->figures->count);
        nt_status status = nt_figure_draw(figure, formats, r->out, r->error);
        if (status != NT_OK)
            return stopped_or(status, r->error);
    }
    return nt_signals_status();
}

static nt_status write_all(nt_record *record, const char *out, bool paper,
                           const nt_progress *progress, nt_error *error) {
    nt_figures figures;
    const report r = {record, &figures, out, paper, error};
    nt_status status = nt_figures_init(&figures, record, &record->arena);
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory drawing");
    if (status == NT_OK)
        status = nt_report_write_tables(record, &figures, out, paper, error);
    if (status == NT_OK)
        status = draw(&r, progress);
    if (status == NT_OK && !paper)
        status = nt_page_write(record, &figures, out, error);
    nt_figures_finish(&figures);
    return status;
}

/* What lies in the run's folder may have come with it: a link there leads where its sender wants.
 */
static nt_status check_out(const char *folder, const char *out, nt_error *error) {
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    bool within = strncmp(out, folder, length) == 0 && out[length] == '/';
    if (!within || nt_beneath_plain(folder, out))
        return NT_OK;
    nt_error_in(error, NT_INVALID, out, -1,
                "is a link, or behind one: the report would be written elsewhere");
    nt_error_hint(error, "remove it, or say where with --out");
    return NT_INVALID;
}

nt_status nt_run_report_write(const char *folder, const char *out, bool paper,
                              const nt_progress *progress, nt_error *error) {
    nt_record *record;
    NT_TRY(check_out(folder, out, error));
    NT_TRY(nt_record_read(folder, &record, error));
    nt_status status = nt_folder_make(out, error);
    if (status == NT_OK)
        nt_folder_sweep(out); /* what an earlier one left that was killed */
    if (status == NT_OK)
        status = write_all(record, out, paper, progress, error);
    nt_record_free(record);
    return status;
}
