/* One look at each byte of a text, brackets and commas outside of strings, says how many values
 * there are; that it is JSON is left to jansson. The functions that it allocates by are malloc and
 * free underneath, so that they can be put in at any time, and texts that jansson makes are freed
 * as its manual says. */
#include "json_in.h"

#include "alloc.h"
#include <stdatomic.h>
#include <stdlib.h>

static atomic_bool any_failed;
static atomic_int countdown; /* of an injected failure */

/* --- memory ----------------------------------------------------------------------------------- */

static void *take(size_t size) {
    bool injected = countdown > 0 && --countdown == 0;
    void *block = injected ? NULL : malloc(size);
    if (!block) {
        any_failed = true;
        nt_alloc_count_failure();
    }
    return block;
}

bool nt_json_any_failed(void) {
    return any_failed;
}

bool nt_json_fail_at(int n) {
    bool came = countdown == 0;
    json_set_alloc_funcs(take, free);
    countdown = n;
    any_failed = false;
    return came;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What jansson takes for a collection, and for what stands before a comma with its key, in bytes.
 * What writes results takes about 8 for each of its own. */
enum { OBJECT = 240, LIST = 130, MEMBER = 90, USUAL = 24, ALWAYS = 64 << 20 };

/* The byte behind a text that begins at `i`. */
static size_t skip_text(const char *bytes, size_t size, size_t i) {
    for (i++; i < size && bytes[i] != '"'; i++)
        i += bytes[i] == '\\';
    return i < size ? i + 1 : size;
}

static nt_status look_through(const char *path, int64_t offset, const char *bytes, size_t size,
                              nt_error *error) {
    size_t depth = 0, taken = 0;
    for (size_t i = 0; i < size;) {
        char c = bytes[i];
        if (c == '"') {
            i = skip_text(bytes, size, i);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= depth > 0 && (c == '}' || c == ']');
        taken += c == '{' ? OBJECT : c == '[' ? LIST : c == ',' ? MEMBER : 0;
        if (depth > NT_JSON_DEEPEST)
            return nt_error_in(error, NT_INVALID, path, offset + (int64_t)i,
                               "nests more than %d levels deep", NT_JSON_DEEPEST);
        if (taken > ALWAYS + USUAL * size)
            return nt_error_in(error, NT_INVALID, path, offset + (int64_t)i,
                               "holds more values than a file of its size would");
        i++;
    }
    return NT_OK;
}

json_t *nt_json_parse(const void *bytes, size_t size, json_error_t *ret_why) {
    bool before = any_failed;
    json_set_alloc_funcs(take, free);
    any_failed = false;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, ret_why);
    bool failed = any_failed;
    any_failed = before || failed;
    if (!failed)
        return root;
    json_decref(root);
    ret_why->text[sizeof ret_why->text - 1] =
        json_error_out_of_memory; /* as json_error_code has it */
    return NULL;
}

nt_status nt_json_load(const char *path, int64_t at, const void *bytes, size_t size, json_t **ret,
                       nt_error *error) {
    json_error_t why;
    NT_TRY(look_through(path, at, bytes, size, error));
    json_t *root = nt_json_parse(bytes, size, &why);
    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    if (!root)
        return nt_error_in(error, NT_INVALID, path, at + why.position, "%sis not JSON: %s",
                           at > 0 ? "its header " : "", why.text);
    *ret = root;
    return NT_OK;
}
