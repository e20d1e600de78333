/* Any text as results.json, as others read it and as a report does. What is accepted is written,
 * and what was written reads and is written again byte for byte. */
#include "csv_table.h"
#include "mutate_json.h"
#include "record.h"
#include "results_file.h"
#include "scratch.h"
#include "tables.h"
#include "target.h"
#include <string.h>

static nt_status load(const char *path, nt_results **ret) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_results_read(path, ret, &error);
    check_outcome(status, &error);
    nt_error_finish(&error);
    return status;
}

static void check_written(const nt_results *results) {
    nt_text csv, first, second;
    nt_results *again;
    nt_text_init(&csv);
    nt_text_init(&first);
    nt_text_init(&second);
    nt_status status = nt_results_format(results, &csv, &first);
    assert(status == NT_OK);
    status = load(scratch_put("again.json", first.bytes, first.length), &again);
    assert(status == NT_OK);
    nt_text_clear(&csv);
    status = nt_results_format(again, &csv, &second);
    assert(status == NT_OK && strcmp(first.bytes, second.bytes) == 0);
    nt_results_free(again);
    nt_text_finish(&csv);
    nt_text_finish(&first);
    nt_text_finish(&second);
}

/* In the folder are neither outcomes nor metrics. */
static void check_record(void) {
    nt_record *record;
    nt_error error;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    nt_status status = nt_record_read(scratch_folder(), &record, &error);
    check_outcome(status, &error);
    if (status == NT_OK) {
        nt_tables_markdown(record, &text);
        for (int32_t g = 0; g < record->group_count; g++) {
            nt_table_latex(record, &record->groups[g], "figure", &text);
            nt_table_csv(record, &record->groups[g], &text);
        }
        assert(!text.failed && nt_text_is_utf8(text.bytes, text.length));
        nt_record_free(record);
    }
    nt_text_finish(&text);
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nt_results *results;
    size_t before = nt_alloc_in_use();
    if (load(scratch_put(NT_RESULTS_JSON, data, size), &results) == NT_OK) {
        check_written(results);
        nt_results_free(results);
        check_record();
    }
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {
        "zero",     "noise",     "channels",
        "accuracy", "dice",      "trivial",
        "critical", "better",    "undecided",
        "baseline", "each",      "one",
        "two",      "conv2d",    "",
        "x\ny",     "\xC3\xA9",  "=1+1",
        "\x1b[31m", "</script>", "$x_1$",
        "a|b",      "deviation", "share",
        "test",     "train",     "0000000000000000000000000000000000000000000000000000000000000000",
        "running",  "batch",     "one, two",
        "value",    "change",    "failure",
        "remark",   "control",   NULL};
    return mutate_json(data, size, most, seed, words);
}
