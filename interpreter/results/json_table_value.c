/* Reading single values as a table says, and saying what is wrong with them. */
#include "json_table_private.h"

#include "hash.h"
#include "statistics.h"
#include "visible.h"
#include <math.h>
#include <string.h>

/* --- what is wrong ---------------------------------------------------------------------------- */

static void add_place(const nt_json_place *place, nt_text *text) {
    if (!place)
        return;
    add_place(place->within, text);
    if (place->key)
        nt_text_printf(text, "%s%s", text->length ? "." : "", place->key);
    else
        nt_text_printf(text, "[%zu]", place->index);
}

nt_status nt_json_say(const nt_json_reading *r, const nt_json_place *place, const char *format,
                      ...) {
    nt_text text;
    va_list arguments;
    nt_text_init(&text);
    add_place(place, &text);
    nt_text_add(&text, text.length ? ": " : "");
    va_start(arguments, format);
    nt_text_vprintf(&text, format, arguments);
    va_end(arguments);
    nt_error_in(r->error, NT_INVALID, r->path, -1, "%s", text.bytes);
    nt_text_finish(&text);
    return NT_INVALID;
}

nt_status nt_json_no_memory(const nt_json_reading *r) {
    return nt_error_say(r->error, NT_NO_MEMORY, "out of memory reading %s", r->path);
}

static const char *type_name(const json_t *value) {
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null"};
    return names[json_typeof(value)];
}

nt_status nt_json_wrong(const nt_json_reading *r, const nt_json_place *place, const char *wanted,
                        const json_t *value) {
    return nt_json_say(r, place, "must be %s, not %s", wanted, type_name(value));
}

/* --- single values ---------------------------------------------------------------------------- */

nt_status nt_json_read_text(const nt_json_reading *r, const nt_json_place *place, nt_json_type type,
                            const json_t *value, const char **ret) {
    enum { DIGITS = NT_DIGEST_HEX - 1 };
    const char *text = json_string_value(value);
    if (!text)
        return nt_json_wrong(r, place, "a text", value);
    if (type == NT_JSON_LINE && !nt_visible_is(text, strlen(text)))
        return nt_json_say(r, place, "has a character that can't be shown");
    if (type == NT_JSON_DIGEST &&
        (strlen(text) != DIGITS || strspn(text, "0123456789abcdef") != DIGITS))
        return nt_json_say(r, place, "must be %d hexadecimal digits, not '%.80s'", DIGITS, text);
    const char *copy = nt_arena_string(r->arena, text);
    if (!copy)
        return nt_json_no_memory(r);
    memcpy(ret, &copy, sizeof copy);
    return NT_OK;
}

bool nt_json_in_range(const nt_json_member *member, double value) {
    return (member->min == 0 && member->max == 0) || (value >= member->min && value <= member->max);
}

static nt_status read_integer(const nt_json_reading *r, const nt_json_place *place,
                              const nt_json_member *member, int64_t min, int64_t max,
                              const json_t *value, int64_t *ret) {
    int64_t integer = json_integer_value(value);
    if (!json_is_integer(value))
        return nt_json_wrong(r, place, "an integer", value);
    if (integer < min || integer > max || !nt_json_in_range(member, (double)integer))
        return nt_json_say(r, place, "%lld is out of range", (long long)integer);
    *ret = integer;
    return NT_OK;
}

/* JSON has null in place of NaN. */
static nt_status read_real(const nt_json_reading *r, const nt_json_place *place, bool nullable,
                           const json_t *value, double *ret) {
    if (!json_is_number(value) && !(nullable && json_is_null(value)))
        return nt_json_wrong(r, place, "a number", value);
    *ret = json_is_null(value) ? (double)NAN : json_number_value(value);
    return NT_OK;
}

static nt_status read_choice(const nt_json_reading *r, const nt_json_place *place,
                             const nt_json_member *member, const json_t *value, int32_t *ret) {
    const char *text = json_string_value(value);
    if (!text)
        return nt_json_wrong(r, place, "a text", value);
    for (int32_t i = 0; member->choices[i]; i++)
        if (strcmp(member->choices[i], text) == 0) {
            *ret = i;
            return NT_OK;
        }
    return nt_json_say(r, place, "'%.80s' is no %s", text, member->name);
}

static nt_status read_version(const nt_json_reading *r, const nt_json_place *place,
                              const nt_json_member *member, const json_t *value) {
    if (json_is_integer(value) && json_integer_value(value) == (json_int_t)member->min)
        return NT_OK;
    if (!json_is_integer(value))
        return nt_json_wrong(r, place, "an integer", value);
    return nt_json_say(r, place, "this program reads version %g, not %lld", member->min,
                       (long long)json_integer_value(value));
}

nt_status nt_json_read_single(const nt_json_reading *r, const nt_json_place *place,
                              const nt_json_member *member, nt_json_type type, const json_t *value,
                              void *at) {
    int64_t integer = 0;
    switch (type) {
    case NT_JSON_CONST:
        return read_version(r, place, member, value);
    case NT_JSON_INT:
        NT_TRY(read_integer(r, place, member, INT32_MIN, INT32_MAX, value, &integer));
        *(int32_t *)at = (int32_t)integer;
        return NT_OK;
    case NT_JSON_LONG:
        return read_integer(r, place, member, 0, INT64_MAX, value, at);
    case NT_JSON_REAL:
        NT_TRY(read_real(r, place, member->nullable, value, at));
        if (!nt_json_in_range(member, *(double *)at))
            return nt_json_say(r, place, "%g is out of range", *(double *)at);
        return NT_OK;
    case NT_JSON_BOOL:
        if (!json_is_boolean(value))
            return nt_json_wrong(r, place, "true or false", value);
        *(bool *)at = json_is_true(value);
        return NT_OK;
    case NT_JSON_CHOICE:
        return read_choice(r, place, member, value, at);
    default:
        if (member->nullable && json_is_null(value))
            return NT_OK;
        return nt_json_read_text(r, place, type, value, at);
    }
}
