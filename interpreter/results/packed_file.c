/* The file of packed outcomes: its header as a table, and what must agree before anything is read
 * of the data behind it. */
#include "packed.h"

#include "beneath.h"
#include "json_in.h"
#include "json_out.h"
#include "json_table.h"
#include <string.h>

enum { VERSION = 1, LENGTH_BYTES = 8, ALIGNMENT = 8, LARGEST_FILE = 1 << 30, MOST_CLASSES = 255 };

#define OUTCOME(member) offsetof(nt_packed_outcome, member)

static const nt_json_member outcome_members[] = {
    {"key", NT_JSON_DIGEST, OUTCOME(key), .doc = "of all that it follows from"},
    {"numerics", NT_JSON_LINE, OUTCOME(numerics), .doc = "how it was computed"},
    {"samples", NT_JSON_INT, OUTCOME(samples), .min = 1, .max = INT32_MAX, .doc = "how many"},
    {"loss", NT_JSON_REAL, OUTCOME(loss), .nullable = true, .doc = "sum over them"},
    {"failures", NT_JSON_BOOL, OUTCOME(failures), .optional = true, .doc = "there are some"},
    {"bytes", NT_JSON_INT, OUTCOME(bytes), .max = 4, .optional = true, .doc = "of a count"},
    {"offset", NT_JSON_LONG, OUTCOME(offset), .doc = "of its bytes"},
    {0},
};

static const nt_json_table outcome_table = {
    .what = "an outcome", .size = sizeof(nt_packed_outcome), .members = outcome_members};

#define CASE(member) offsetof(nt_packed_case, member)

static const nt_json_member case_members[] = {
    {"group", NT_JSON_LINE, CASE(group), .doc = "its name"},
    {"case", NT_JSON_LINE, CASE(name), .doc = "its name"},
    {"seed", NT_JSON_INT, CASE(seed), .max = INT32_MAX, .doc = "of its weights"},
    {"outcome", NT_JSON_INT, CASE(outcome), .max = INT32_MAX, .doc = "which one"},
    {"baseline", NT_JSON_INT, CASE(baseline), .max = INT32_MAX, .doc = "which one it is held to"},
    {0},
};

static const nt_json_table case_table = {
    .what = "a case", .size = sizeof(nt_packed_case), .members = case_members};

#define PACKED(member) offsetof(nt_packed, member)

static const nt_json_member members[] = {
    {"version", NT_JSON_CONST, .min = VERSION, .doc = "of this format"},
    {"metric", NT_JSON_CHOICE, PACKED(metric), .choices = nt_metric_names, .doc = "the run's"},
    {"classes", NT_JSON_INT, PACKED(classes), .max = MOST_CLASSES, .optional = true,
     .doc = "of masks"},
    {"outcomes", NT_JSON_LIST, PACKED(outcomes), PACKED(outcome_count), &outcome_table,
     .doc = "each once"},
    {"cases", NT_JSON_LIST, PACKED(cases), PACKED(case_count), &case_table,
     .doc = "as in results.csv"},
    {0},
};

static const nt_json_table table = {
    .what = "packed outcomes", .size = sizeof(nt_packed), .members = members};

/* --- writing ---------------------------------------------------------------------------------- */

static nt_status write_file(const nt_packed *packed, const nt_text *header, const char *path,
                            nt_error *error) {
    unsigned char length[LENGTH_BYTES];
    nt_file *file;
    for (int b = 0; b < LENGTH_BYTES; b++)
        length[b] = (unsigned char)((uint64_t)header->length >> 8 * b);
    NT_TRY(nt_file_create(path, &file, error));
    nt_file_write(file, length, sizeof length);
    nt_file_write(file, header->bytes, header->length);
    nt_file_write(file, packed->data, packed->size);
    return nt_file_commit(file, error);
}

nt_status nt_packed_write(const nt_packed *packed, const char *run, nt_error *error) {
    nt_arena arena;
    nt_text header;
    nt_arena_init(&arena);
    nt_text_init(&header);
    json_t *value = nt_json_table_write(&table, packed);
    nt_json_format(value, &header);
    json_decref(value);
    while (header.length % ALIGNMENT != 0 && !header.failed)
        nt_text_add(&header, " ");
    const char *path = nt_arena_printf(&arena, "%s/" NT_PACKED_NAME, run);
    nt_status status = path && !header.failed
                           ? write_file(packed, &header, path, error)
                           : nt_error_say(error, NT_NO_MEMORY, "out of memory packing outcomes");
    nt_text_finish(&header);
    nt_arena_finish(&arena);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status check(const nt_json_reading *r, const nt_packed *packed) {
    const nt_json_place outcomes = {NULL, "outcomes", 0}, cases = {NULL, "cases", 0};
    bool masks = !nt_metric_fits(packed->metric, NT_TARGET_CLASS);
    if (masks != (packed->classes > 0))
        return nt_json_say(r, NULL, "has %d classes, in %s", packed->classes,
                           nt_metric_names[packed->metric]);
    for (int32_t i = 0; i < packed->outcome_count; i++) {
        const nt_json_place place = {&outcomes, NULL, (size_t)i};
        const nt_packed_outcome *outcome = &packed->outcomes[i];
        size_t size = nt_packed_size(packed, outcome);
        if (size == 0 || masks != (outcome->bytes > 0) || (masks && outcome->failures) ||
            outcome->offset > (int64_t)packed->size ||
            size > packed->size - (size_t)outcome->offset)
            return nt_json_say(r, &place, "is not within the file");
    }
    for (int32_t i = 0; i < packed->case_count; i++) {
        const nt_json_place place = {&cases, NULL, (size_t)i};
        if (packed->cases[i].outcome >= packed->outcome_count ||
            packed->cases[i].baseline >= packed->outcome_count)
            return nt_json_say(r, &place, "names an outcome that there isn't");
    }
    return NT_OK;
}

static nt_status read_bytes(const nt_json_reading *r, const nt_bytes *file, nt_packed *packed) {
    uint64_t length = 0;
    json_t *root;
    for (int b = 0; b < LENGTH_BYTES && file->size >= LENGTH_BYTES; b++)
        length |= (uint64_t)file->bytes[b] << 8 * b;
    if (length == 0 || length > file->size - LENGTH_BYTES)
        return nt_error_in(r->error, NT_INVALID, r->path, -1, "has no header");
    NT_TRY(
        nt_json_load(r->path, LENGTH_BYTES, file->bytes + LENGTH_BYTES, length, &root, r->error));
    nt_status status = nt_json_table_read(r, &table, root, NULL, packed);
    json_decref(root);
    NT_TRY(status);
    packed->size = file->size - LENGTH_BYTES - length;
    packed->data = nt_arena_copy(r->arena, file->bytes + LENGTH_BYTES + length, packed->size);
    if (!packed->data)
        return nt_error_say(r->error, NT_NO_MEMORY, "out of memory reading %s", r->path);
    return check(r, packed);
}

nt_status nt_packed_read(const char *path, nt_arena *arena, nt_packed *ret, nt_error *error) {
    const nt_json_reading r = {.path = path, .arena = arena, .error = error};
    nt_packed packed = {0};
    nt_bytes file;
    if (!nt_beneath_there(path)) {
        nt_error_in(error, NT_INVALID, path, -1, "isn't there");
        nt_error_hint(error, "a run that is finished by this version has it: give the run's "
                             "command again");
        return NT_INVALID;
    }
    NT_TRY(nt_beneath_read(NULL, path, LARGEST_FILE, &file, error));
    nt_status status = read_bytes(&r, &file, &packed);
    nt_bytes_finish(&file);
    if (status == NT_OK)
        *ret = packed;
    return status;
}
