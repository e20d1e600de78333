/* Bins, and their file as a table. Sums are over images in their order, so that equal logits give
 * equal bytes. */
#include "reliability.h"

#include "beneath.h"
#include "json_in.h"
#include "json_out.h"
#include "json_table.h"
#include "score.h"
#include <math.h>

enum { VERSION = 1, LARGEST_FILE = 1 << 20, MOST_CASES = 100 };

/* --- bins ------------------------------------------------------------------------------------- */

bool nt_reliability_add(nt_reliability_bin *bins, const float *logits, int32_t classes,
                        int32_t label) {
    if (!nt_score_is_finite(logits, classes))
        return false;
    int32_t guess = nt_score_guess(logits, classes);
    double sum = 0;
    for (int32_t c = 0; c < classes; c++)
        sum += exp((double)logits[c] - (double)logits[guess]);
    double confidence = 1 / sum; /* above 0, up to 1 */
    int bin = (int)ceil(confidence * NT_RELIABILITY_BINS) - 1;
    bins += bin < NT_RELIABILITY_BINS ? bin : NT_RELIABILITY_BINS - 1;
    bins->images++;
    bins->right += guess == label;
    bins->confidence += confidence;
    return true;
}

double nt_reliability_error(const nt_reliability_bin *bins) {
    double apart = 0, images = 0;
    for (int b = 0; b < NT_RELIABILITY_BINS; b++) {
        apart += fabs(bins[b].right - bins[b].confidence);
        images += bins[b].images;
    }
    return images > 0 ? apart / images : (double)NAN;
}

/* --- the file --------------------------------------------------------------------------------- */

#define BIN(member) offsetof(nt_reliability_bin, member)

static const nt_json_member bin_members[] = {
    {"images", NT_JSON_INT, BIN(images), .max = INT32_MAX, .doc = "how many"},
    {"right", NT_JSON_INT, BIN(right), .max = INT32_MAX, .doc = "how many of them are right"},
    {"confidence", NT_JSON_REAL, BIN(confidence), .max = INT32_MAX, .doc = "sum of theirs"},
    {0},
};

static const nt_json_table bin_table = {
    .what = "a bin", .size = sizeof(nt_reliability_bin), .members = bin_members};

#define CASE(member) offsetof(nt_reliability_case, member)

static const nt_json_member case_members[] = {
    {"group", NT_JSON_LINE, CASE(group), .doc = "its name"},
    {"case", NT_JSON_LINE, CASE(name), .doc = "its name"},
    {"key", NT_JSON_DIGEST, CASE(key), .doc = "of its outcomes"},
    {"numerics", NT_JSON_LINE, CASE(numerics), .doc = "of its outcomes"},
    {"bins", NT_JSON_LIST, CASE(bins), CASE(bin_count), &bin_table, .min = NT_RELIABILITY_BINS,
     .max = NT_RELIABILITY_BINS, .doc = "of equal width, from no confidence to full"},
    {0},
};

static const nt_json_table case_table = {
    .what = "a case", .size = sizeof(nt_reliability_case), .members = case_members};

#define ALL(member) offsetof(nt_reliability, member)

static const nt_json_member members[] = {
    {"version", NT_JSON_CONST, .min = VERSION, .doc = "of this format"},
    {"seed", NT_JSON_INT, ALL(seed), .max = INT32_MAX, .doc = "of the weights"},
    {"cases", NT_JSON_LIST, ALL(cases), ALL(case_count), &case_table, .min = 1, .max = MOST_CASES,
     .doc = "the baseline first"},
    {0},
};

static const nt_json_table table = {
    .what = "a reliability", .size = sizeof(nt_reliability), .members = members};

nt_status nt_reliability_write(const nt_reliability *reliability, const char *run,
                               nt_error *error) {
    nt_text path, text;
    nt_text_init(&path);
    nt_text_init(&text);
    nt_text_printf(&path, "%s/" NT_RELIABILITY_NAME, run);
    json_t *value = nt_json_table_write(&table, reliability);
    nt_json_format(value, &text);
    json_decref(value);
    nt_status status = path.failed || text.failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", run)
                           : nt_file_replace(path.bytes, text.bytes, text.length, error);
    nt_text_finish(&text);
    nt_text_finish(&path);
    return status;
}

static nt_status check(const nt_json_reading *r, const nt_reliability *reliability) {
    const nt_json_place cases = {NULL, "cases", 0};
    for (int32_t c = 0; c < reliability->case_count; c++) {
        const nt_json_place place = {&cases, NULL, (size_t)c}, bins = {&place, "bins", 0};
        for (int b = 0; b < NT_RELIABILITY_BINS; b++) {
            const nt_reliability_bin *bin = &reliability->cases[c].bins[b];
            const nt_json_place of = {&bins, NULL, (size_t)b};
            if (bin->right > bin->images || !(bin->confidence <= bin->images))
                return nt_json_say(r, &of, "has more than its %d images", bin->images);
        }
    }
    return NT_OK;
}

nt_status nt_reliability_read(const char *path, nt_arena *arena, nt_reliability *ret,
                              nt_error *error) {
    const nt_json_reading r = {.path = path, .arena = arena, .error = error};
    nt_reliability read = {0};
    nt_bytes file;
    json_t *root;
    NT_TRY(nt_beneath_read(NULL, path, LARGEST_FILE, &file, error));
    nt_status status = nt_json_load(path, 0, file.bytes, file.size, &root, error);
    nt_bytes_finish(&file);
    NT_TRY(status);
    status = nt_json_table_read(&r, &table, root, NULL, &read);
    json_decref(root);
    NT_TRY(status);
    NT_TRY(check(&r, &read));
    *ret = read;
    return NT_OK;
}
