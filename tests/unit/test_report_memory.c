/* A report when memory runs out: it fails, or it is the report that it always is. Every allocation
 * fails once, ours and jansson's, and what was written is compared, not the status alone. */
#include "file.h"
#include "json_in.h"
#include "page.h"
#include "run_report.h"
#include "support_base.h"

#define RUN EXPERIMENTS "/results/phantom"

/* All up to here, then fewer and fewer: most of jansson's are alike. */
enum { STRIDE = 400 };

static nt_error error;

/* --- one report ------------------------------------------------------------------------------- */

static nt_status write_report(const char *out) {
    nt_record *record;
    nt_figures figures;
    NT_TRY(nt_record_read(RUN, &record, &error));
    nt_status status = nt_figures_init(&figures, record, &record->arena);
    if (status == NT_OK)
        status = nt_report_write_tables(record, &figures, out, false, &error);
    if (status == NT_OK)
        status = nt_page_write(record, &figures, out, &error);
    nt_figures_finish(&figures);
    nt_record_free(record);
    return status;
}

static const char *const names[] = {"index.html",
                                    "tables.md",
                                    "cite.bib",
                                    "tables-each-layer.csv",
                                    "tables-each-layer.tex",
                                    "tables-layer-blocks.csv",
                                    "tables-layer-blocks.tex",
                                    "tables-shortcuts.csv",
                                    "tables-shortcuts.tex"};

enum { FILES = sizeof names / sizeof *names };

/* The page shows these; gnuplot and dot make them elsewhere. */
static void copy_drawings(const char *out) {
    nt_names drawings;
    nt_arena arena;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_files_in(RUN "/report", ".svg", &arena, &drawings, &error));
    assert_true(drawings.count > 5);
    for (int32_t i = 0; i < drawings.count; i++) {
        nt_bytes file;
        const char *from = nt_arena_printf(&arena, RUN "/report/%s", drawings.names[i]);
        EXPECT_OK(&error, nt_file_read(from, 1 << 24, &file, &error));
        write_bytes(path_in(out, drawings.names[i]), file.bytes, file.size);
        nt_bytes_finish(&file);
    }
    nt_arena_finish(&arena);
}

/* --- every allocation ---------------------------------------------------------------------------
 */

static void check_files(const char *out, const nt_bytes *sound, int32_t k, bool all) {
    for (int i = 0; i < FILES; i++) {
        const char *path = path_in(out, names[i]);
        nt_bytes file;
        if (access(path, F_OK) != 0) {
            if (all)
                fail_msg("allocation %d: %s is lacking", k, names[i]);
            continue;
        }
        EXPECT_OK(&error, nt_file_read(path, 1 << 26, &file, &error));
        if (file.size != sound[i].size || memcmp(file.bytes, sound[i].bytes, file.size) != 0)
            fail_msg("allocation %d: %s is another", k, names[i]);
        nt_bytes_finish(&file);
        remove(path);
    }
}

/* Of one of the two allocators; returns how many failed. */
static int32_t fail_each(const char *out, const nt_bytes *sound, bool json) {
    int32_t k = 0, failures = 0;
    for (bool failed = true; failed; k += 1 + k / STRIDE) {
        if (json)
            nt_json_fail_at(k + 1);
        else
            fail_allocation(k);
        nt_status status = write_report(out);
        failed = json ? nt_json_fail_at(0) : allow_all_allocations();
        failures += failed;
        nt_error_finish(&error);
        nt_error_init(&error);
        check_files(out, sound, k, status == NT_OK);
        if (!failed)
            assert_int_equal(status, NT_OK);
    }
    print_message("%d allocations failed, up to number %d\n", failures, k);
    return failures;
}

static void each_allocation(void **state) {
    nt_bytes sound[FILES];
    const char *out = *state;
    copy_drawings(out);
    EXPECT_OK(&error, write_report(out));
    for (int i = 0; i < FILES; i++)
        EXPECT_OK(&error, nt_file_read(path_in(out, names[i]), 1 << 26, &sound[i], &error));
    for (int i = 0; i < FILES; i++)
        remove(path_in(out, names[i]));
    assert_true(fail_each(out, sound, false) > 100);
    assert_true(fail_each(out, sound, true) > 100);
    for (int i = 0; i < FILES; i++)
        nt_bytes_finish(&sound[i]);
}

static int start(void **state) {
    nt_error_init(&error);
    return make_folder(state);
}

static int stop(void **state) {
    nt_error_finish(&error);
    return drop_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation, start, stop),
    };
    return cmocka_run_group_tests_name("report_memory", tests, NULL, NULL);
}
