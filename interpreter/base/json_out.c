/* Jansson's values made and written. Our own writer, since jansson's neither keeps a list of
 * scalars on a line nor writes numbers in their fewest digits. */
#include "json_out.h"

#include "visible.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- building --------------------------------------------------------------------------------- */

static json_t *encoded(const char *text) {
    nt_text line;
    nt_text_init(&line);
    nt_visible_line(&line, text, strlen(text), 0);
    json_t *value = line.failed ? NULL : json_string(line.bytes);
    nt_text_finish(&line);
    return value;
}

json_t *nt_json_text(const char *text) {
    if (!text)
        return json_null();
    return nt_text_is_utf8(text, strlen(text)) ? json_string(text) : encoded(text);
}

json_t *nt_json_line(const char *line) {
    return !line || nt_visible_is(line, strlen(line)) ? nt_json_text(line) : encoded(line);
}

json_t *nt_json_real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *nt_json_float(float value) {
    char digits[32];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value)
            break;
    }
    return nt_json_real(strtod(digits, NULL));
}

json_t *nt_json_append(json_t *list, json_t *item) {
    if (!list || json_array_append_new(list, item) != 0) {
        if (!list)
            json_decref(item);
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *integers(const int32_t *items, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        list = nt_json_append(list, json_integer(items[i]));
    return list;
}

static json_t *reals(const double *items, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        list = nt_json_append(list, nt_json_real(items[i]));
    return list;
}

json_t *nt_json_shape(nt_shape shape) {
    return integers(shape.dim, shape.rank);
}

json_t *nt_json_names(const char *const *names) {
    json_t *list = json_array();
    for (; *names; names++)
        list = nt_json_append(list, nt_json_text(*names));
    return list;
}

static json_t *field_value(const nt_field *field, const void *record) {
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case NT_INT:
        return json_integer(*(const int32_t *)at);
    case NT_INT64:
        return json_integer(*(const int64_t *)at);
    case NT_REAL:
        return nt_json_real(*(const double *)at);
    case NT_BOOL:
        return json_boolean(*(const bool *)at);
    case NT_CHOICE:
        return json_string(field->choices[*(const int32_t *)at]);
    case NT_LABELS:
    case NT_STRING: {
        const char *string;
        memcpy(&string, at, sizeof string);
        return nt_json_text(string);
    }
    case NT_PAIR:
        return integers(at, 2);
    case NT_INTS:
        return integers(((const nt_ints *)at)->items, ((const nt_ints *)at)->count);
    case NT_REALS:
        return reals(((const nt_reals *)at)->items, ((const nt_reals *)at)->count);
    }
    return NULL;
}

json_t *nt_json_fields(const nt_field *fields, const void *record) {
    json_t *object = json_object();
    for (; object && fields->name; fields++)
        if (!fields->hidden && !nt_field_is_usual(fields, record) &&
            json_object_set_new(object, fields->name, field_value(fields, record)) != 0) {
            json_decref(object);
            object = NULL;
        }
    return object;
}

json_t *nt_json_field(const nt_field *field) {
    nt_text takes;
    nt_text_init(&takes);
    nt_field_describe(field, &takes);
    bool bounded = field->min != 0 || field->max != 0;
    json_t *low = bounded || field->above ? nt_json_real(field->min) : NULL;
    json_t *high = bounded ? nt_json_real(field->max) : NULL;
    json_t *object =
        json_pack("{s:s, s:s, s:s?, s:b, s:s, s:o*, s:o*}", "name", field->name, "takes",
                  takes.bytes, "default", field->fallback, "required", field->fallback == NULL,
                  "doc", field->doc, field->above ? "above" : "min", low, "max", high);
    if (takes.failed) {
        json_decref(object);
        object = NULL;
    }
    nt_text_finish(&takes);
    return object;
}

/* --- printing --------------------------------------------------------------------------------- */

/* Always with a point or exponent. */
static void format_real(double value, nt_text *text) {
    size_t start = text->length;
    nt_text_add_real(text, value);
    if (!strpbrk(text->bytes + start, ".e"))
        nt_text_add(text, ".0");
}

/* A code point as UTF-16 (RFC 8259, 7). */
static void format_escape(uint32_t point, nt_text *text) {
    if (point > 0xFFFF)
        nt_text_printf(text, "\\u%04x\\u%04x", 0xD800 + ((point - 0x10000) >> 10),
                       0xDC00 + (point & 0x3FF));
    else
        nt_text_printf(text, "\\u%04x", point);
}

/* Of ASCII, what stands as it is. */
static bool is_plain(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* What a terminal would not show is escaped, so that a reader gets it back and a terminal none of
 * it. */
static void format_string(const char *string, size_t length, nt_text *text) {
    nt_text_add(text, "\"");
    for (size_t i = 0; i < length;) {
        size_t plain = i;
        while (plain < length && is_plain(string[plain]))
            plain++;
        nt_text_add_bytes(text, string + i, plain - i);
        if ((i = plain) == length)
            break;
        nt_glyph c = nt_visible_next(string + i, length - i);
        if (c.point == '"' || c.point == '\\')
            nt_text_printf(text, "\\%c", (int)c.point);
        else if (c.point == '\n')
            nt_text_add(text, "\\n");
        else if (c.visible)
            nt_text_add_bytes(text, string + i, c.bytes);
        else
            format_escape(c.point, text);
        i += c.bytes;
    }
    nt_text_add(text, "\"");
}

static void format_value(const json_t *value, int level, nt_text *text);

static void new_line(int level, nt_text *text) {
    nt_text_printf(text, "\n%*s", 2 * level, "");
}

static void format_object(const json_t *object, int level, nt_text *text) {
    /* jansson's iterators take a json_t they don't change */
    json_t *readable = (json_t *)(uintptr_t)object;
    bool first = true;
    nt_text_add(text, "{");
    for (void *i = json_object_iter(readable); i; i = json_object_iter_next(readable, i)) {
        nt_text_add(text, first ? "" : ",");
        new_line(level + 1, text);
        format_string(json_object_iter_key(i), strlen(json_object_iter_key(i)), text);
        nt_text_add(text, ": ");
        format_value(json_object_iter_value(i), level + 1, text);
        first = false;
    }
    if (!first)
        new_line(level, text);
    nt_text_add(text, "}");
}

static void format_array(const json_t *array, int level, nt_text *text) {
    size_t count = json_array_size(array);
    bool scalars = true;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        scalars = scalars && !json_is_object(item) && !json_is_array(item);
    }
    nt_text_add(text, "[");
    for (size_t i = 0; i < count; i++) {
        nt_text_add(text, i == 0 ? "" : scalars ? ", " : ",");
        if (!scalars)
            new_line(level + 1, text);
        format_value(json_array_get(array, i), level + 1, text);
    }
    if (!scalars)
        new_line(level, text);
    nt_text_add(text, "]");
}

static void format_value(const json_t *value, int level, nt_text *text) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        format_object(value, level, text);
        break;
    case JSON_ARRAY:
        format_array(value, level, text);
        break;
    case JSON_STRING:
        format_string(json_string_value(value), json_string_length(value), text);
        break;
    case JSON_INTEGER:
        nt_text_printf(text, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        format_real(json_real_value(value), text);
        break;
    case JSON_TRUE:
        nt_text_add(text, "true");
        break;
    case JSON_FALSE:
        nt_text_add(text, "false");
        break;
    case JSON_NULL:
        nt_text_add(text, "null");
        break;
    }
}

void nt_json_format_within(const json_t *value, int level, nt_text *text) {
    if (value)
        format_value(value, level, text);
    else
        text->failed = true;
}

void nt_json_format(const json_t *value, nt_text *text) {
    nt_json_format_within(value, 0, text);
    nt_text_add(text, "\n");
}
