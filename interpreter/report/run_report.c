/* A finished run as a report: tables as Markdown, CSV and LaTeX, figures, the page. Each file is
 * replaced as a whole, the page last, so that a page never shows figures of another run. */
#include "run_report.h"

#include "cite.h"
#include "drawing.h"
#include "file.h"
#include "page.h"
#include "tables.h"

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
        status = nt_write_into(r->out, "cite.bib", &text, r->error);
    }
    nt_text_finish(&text);
    return status;
}

static nt_status draw(const report *r, const nt_progress *progress) {
    unsigned formats = r->paper ? 1U << NT_PDF : 1U << NT_SVG | 1U << NT_PNG | 1U << NT_PDF;
    for (int32_t i = 0; i < r->figures->count; i++) {
        const nt_figure *figure = &r->figures->items[i];
        nt_progress_step(progress, "drawing", figure->name, i, r->figures->count);
        NT_TRY(nt_figure_draw(figure, formats, r->out, r->error));
    }
    return NT_OK;
}

static nt_status write_all(nt_record *record, const char *out, bool paper,
                           const nt_progress *progress, nt_error *error) {
    nt_figures figures;
    const report r = {record, &figures, out, paper, error};
    nt_status status = nt_figures_init(&figures, record, &record->arena);
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory drawing");
    if (status == NT_OK)
        status = write_tables(&r);
    if (status == NT_OK)
        status = draw(&r, progress);
    if (status == NT_OK && !paper)
        status = nt_page_write(record, &figures, out, error);
    nt_figures_finish(&figures);
    return status;
}

nt_status nt_run_report_write(const char *folder, const char *out, bool paper,
                              const nt_progress *progress, nt_error *error) {
    nt_record *record;
    NT_TRY(nt_record_read(folder, &record, error));
    nt_status status = nt_folder_make(out, error);
    if (status == NT_OK)
        nt_folder_sweep(out); /* what an earlier one left that was killed */
    if (status == NT_OK)
        status = write_all(record, out, paper, progress, error);
    nt_record_free(record);
    return status;
}
