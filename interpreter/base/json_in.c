/* One look at each byte: brackets and commas outside of texts say how many values there are. That
 * the text is JSON is left to jansson. */
#include "json_in.h"

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

nt_status nt_json_parse(const char *path, int64_t offset, const void *bytes, size_t size,
                        json_t **ret, nt_error *error) {
    json_error_t why;
    NT_TRY(look_through(path, offset, bytes, size, error));
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &why);
    if (root)
        return *ret = root, NT_OK;
    if (json_error_code(&why) == json_error_out_of_memory)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    return nt_error_in(error, NT_INVALID, path, offset + why.position, "%sis not JSON: %s",
                       offset > 0 ? "its header " : "", why.text);
}
