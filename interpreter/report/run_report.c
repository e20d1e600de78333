#include "run_report.h"

#include "file.h"
#include "page.h"
#include "tables.h"

static nt_status write_file(const char *folder, const char *name, const char *end,
                            const nt_text *text, nt_arena *arena, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/%s%s", folder, name, end);
    if (!path || text->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing the report");
    return nt_file_replace(path, text->bytes, text->length, error);
}

static nt_status write_tables(nt_record *record, const char *out, nt_error *error) {
    nt_text text;
    nt_text_init(&text);
    nt_tables_markdown(record, &text);
    nt_status status = write_file(out, "tables", ".md", &text, &record->arena, error);
    for (int32_t g = 0; status == NT_OK && g < record->group_count; g++) {
        const char *safe = nt_figure_file_name(record->groups[g].name, &record->arena);
        const char *name = safe ? nt_arena_printf(&record->arena, "tables-%s", safe) : NULL;
        nt_text_clear(&text);
        nt_table_csv(record, &record->groups[g], &text);
        status = name ? write_file(out, name, ".csv", &text, &record->arena, error) : NT_NO_MEMORY;
    }
    nt_text_finish(&text);
    return status;
}

static nt_status write_figures(nt_record *record, const char *out, const nt_report *report,
                               nt_error *error) {
    nt_figures figures;
    nt_status status = nt_figures_init(&figures, record, &record->arena);
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory drawing");
    for (int32_t i = 0; status == NT_OK && i < figures.count; i++) {
        nt_report_progress(report, "drawing", figures.items[i].name, i, figures.count);
        status = nt_figure_draw(&figures.items[i], out, error);
    }
    if (status == NT_OK)
        status = nt_page_write(record, &figures, out, error);
    nt_figures_finish(&figures);
    return status;
}

nt_status nt_run_report_write(const char *folder, const char *out, const nt_report *report,
                              nt_error *error) {
    nt_record *record;
    NT_TRY(nt_record_read(folder, &record, error));
    nt_status status = nt_folder_make(out, error);
    if (status == NT_OK)
        status = write_tables(record, out, error);
    if (status == NT_OK)
        status = write_figures(record, out, report, error);
    nt_record_free(record);
    return status;
}
