/* A finished run as a report: tables as Markdown and CSV, figures, the page. Each file is replaced
 * as a whole, the page last, so that a page never shows figures of another run. */
#include "run_report.h"

#include "drawing.h"
#include "file.h"
#include "page.h"
#include "tables.h"

static nt_status write_tables(nt_record *record, const nt_figures *figures, const char *out,
                              nt_error *error) {
    nt_text text;
    nt_text_init(&text);
    nt_tables_markdown(record, &text);
    nt_status status = nt_write_into(out, "tables.md", &text, error);
    for (int32_t i = 0; status == NT_OK && i < figures->count; i++) {
        const nt_figure *figure = &figures->items[i];
        if (!figure->group)
            continue;
        const char *name = nt_arena_printf(&record->arena, "tables-%s.csv", figure->name);
        nt_text_clear(&text);
        nt_table_csv(record, figure->group, &text);
        status = name ? nt_write_into(out, name, &text, error) : NT_NO_MEMORY;
    }
    nt_text_finish(&text);
    return status;
}

static nt_status draw(const nt_figures *figures, const char *out, const nt_progress *progress,
                      nt_error *error) {
    for (int32_t i = 0; i < figures->count; i++) {
        nt_progress_step(progress, "drawing", figures->items[i].name, i, figures->count);
        NT_TRY(nt_figure_draw(&figures->items[i], out, error));
    }
    return NT_OK;
}

static nt_status write_all(nt_record *record, const char *out, const nt_progress *progress,
                           nt_error *error) {
    nt_figures figures;
    nt_status status = nt_figures_init(&figures, record, &record->arena);
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory drawing");
    if (status == NT_OK)
        status = write_tables(record, &figures, out, error);
    if (status == NT_OK)
        status = draw(&figures, out, progress, error);
    if (status == NT_OK)
        status = nt_page_write(record, &figures, out, error);
    nt_figures_finish(&figures);
    return status;
}

nt_status nt_run_report_write(const char *folder, const char *out, const nt_progress *progress,
                              nt_error *error) {
    nt_record *record;
    NT_TRY(nt_record_read(folder, &record, error));
    nt_status status = nt_folder_make(out, error);
    if (status == NT_OK)
        status = write_all(record, out, progress, error);
    nt_record_free(record);
    return status;
}
