/* Each field type is read, formatted, described and compared in one switch each; everything else
 * works on any table. */
#include "field.h"

#include "diagnostic.h"
#include "hash.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const nt_field nt_no_fields[] = {{0}};

const nt_field *nt_field_find(const nt_field *fields, const char *name) {
    for (; fields->name; fields++)
        if (!fields->hidden && strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

const char *nt_field_nearest(const nt_field *fields, const char *name) {
    const char *names[64];
    int count = 0;
    for (; fields->name && count < 63; fields++)
        if (!fields->hidden)
            names[count++] = fields->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}

static bool in_range(const nt_field *field, double value) {
    if (field->above)
        return value > field->min && (field->max == 0 || value <= field->max);
    return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

static bool read_real(const nt_field *field, const char *text, double *ret) {
    enum { LONGEST = 400 /* a double has fewer digits */ };
    char *end;
    if (text[0] == '\0' || isspace((unsigned char)text[0]) || strnlen(text, LONGEST) == LONGEST)
        return false;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value) || !in_range(field, value))
        return false;
    *ret = value;
    return true;
}

static bool read_int(const nt_field *field, const char *text, int32_t *ret) {
    double value;
    if (!read_real(field, text, &value) || value != floor(value) || fabs(value) > INT_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

/* Digits are read as they are, in full; what is written otherwise (1e3) is read as a number. */
static bool read_int64(const nt_field *field, const char *text, int64_t *ret) {
    char *end;
    double value;
    if (!read_real(field, text, &value) || value != floor(value) || fabs(value) > 0x1p63)
        return false;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (errno != 0 || (*end != '\0' && fabs(value) == 0x1p63))
        return false;
    *ret = *end == '\0' ? integer : (int64_t)value;
    return true;
}

static bool read_bool(const char *text, bool *ret) {
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return false;
    *ret = text[0] == 't';
    return true;
}

static bool read_choice(const nt_field *field, const char *text, int32_t *ret) {
    for (int32_t i = 0; field->choices[i]; i++)
        if (strcmp(field->choices[i], text) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static bool read_pair(const nt_field *field, const char *const *texts, int count, bool list,
                      int32_t *ret) {
    int32_t pair[2];
    if (count < 1 || count > 2 || (count == 2 && !list) || !read_int(field, texts[0], &pair[0]) ||
        !read_int(field, texts[count - 1], &pair[1]))
        return false;
    memcpy(ret, pair, sizeof pair);
    return true;
}

static bool read_ints(const nt_field *field, nt_arena *arena, const char *const *texts, int count,
                      nt_ints *ret) {
    int32_t *items = NT_ARENA_ARRAY(arena, int32_t, count);
    for (int i = 0; items && i < count; i++)
        if (!read_int(field, texts[i], &items[i]))
            return false;
    *ret = (nt_ints){.count = count, .items = items};
    return items != NULL;
}

static bool read_reals(const nt_field *field, nt_arena *arena, const char *const *texts, int count,
                       nt_reals *ret) {
    double *items = NT_ARENA_ARRAY(arena, double, count);
    for (int i = 0; items && i < count; i++)
        if (!read_real(field, texts[i], &items[i]))
            return false;
    *ret = (nt_reals){.count = count, .items = items};
    return items != NULL;
}

/* One "name=number"; a number may be hexadecimal, 0xff0000. */
static bool is_label(const char *word, size_t length) {
    const char *equals = memchr(word, '=', length);
    char number[16], *end;
    if (!equals || equals == word)
        return false;
    size_t digits = length - (size_t)(equals + 1 - word);
    if (digits == 0 || digits >= sizeof number || isspace((unsigned char)equals[1]))
        return false;
    memcpy(number, equals + 1, digits);
    number[digits] = '\0';
    long value = strtol(number, &end, 0);
    return *end == '\0' && value >= 0 && value <= INT32_MAX;
}

#define LABEL_BREAKS " ,;"

bool nt_label_is(const char *text) {
    size_t length = text ? strlen(text) : 0;
    return length > 0 && strcspn(text, LABEL_BREAKS) == length && is_label(text, length);
}

/* Words parted by blanks, commas or semicolons, put together with blanks. */
static bool read_labels(nt_arena *arena, const char *const *texts, int count, const char **ret) {
    nt_text text;
    bool ok = true;
    nt_text_init(&text);
    for (int i = 0; i < count; i++)
        for (const char *at = texts[i] + strspn(texts[i], LABEL_BREAKS); *at;) {
            size_t length = strcspn(at, LABEL_BREAKS);
            ok = ok && is_label(at, length);
            nt_text_add(&text, text.length ? " " : "");
            nt_text_add_bytes(&text, at, length);
            at += length;
            at += strspn(at, LABEL_BREAKS);
        }
    *ret = ok && !text.failed ? nt_arena_string(arena, text.bytes ? text.bytes : "") : NULL;
    nt_text_finish(&text);
    return *ret != NULL;
}

bool nt_labels_read(const char *text, nt_arena *arena, nt_labels *ret) {
    int32_t count = 0, i = 0;
    for (const char *at = text; *at; at++)
        count += *at == '=';
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    int32_t *values = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    char *copy = nt_arena_string(arena, text), *rest = NULL;
    if (!names || !values || !copy)
        return false;
    for (char *word = strtok_r(copy, LABEL_BREAKS, &rest); word && i < count;
         word = strtok_r(NULL, LABEL_BREAKS, &rest), i++) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        names[i] = word;
        values[i] = (int32_t)strtol(equals + 1, NULL, 0);
    }
    *ret = (nt_labels){.count = i, .names = names, .values = values};
    return true;
}

static bool set(const nt_field *field, void *record, nt_arena *arena, const char *const *texts,
                int count, bool list) {
    void *at = (char *)record + field->offset;
    switch (field->type) {
    case NT_LABELS:
        return read_labels(arena, texts, count, at);
    case NT_PAIR:
        return read_pair(field, texts, count, list, at);
    case NT_INTS:
        return read_ints(field, arena, texts, count, at);
    case NT_REALS:
        return read_reals(field, arena, texts, count, at);
    default:
        break;
    }
    if (list || count != 1)
        return false;
    switch (field->type) {
    case NT_INT:
        return read_int(field, texts[0], at);
    case NT_INT64:
        return read_int64(field, texts[0], at);
    case NT_REAL:
        return read_real(field, texts[0], at);
    case NT_BOOL:
        return read_bool(texts[0], at);
    case NT_CHOICE:
        return read_choice(field, texts[0], at);
    case NT_STRING: {
        const char *copy = nt_arena_string(arena, texts[0]);
        memcpy(at, &copy, sizeof copy);
        return copy != NULL;
    }
    default:
        return false;
    }
}

bool nt_field_set(const nt_field *field, void *record, nt_arena *arena, const char *const *texts,
                  int count, bool list, char why[NT_FIELD_WHY]) {
    if (set(field, record, arena, texts, count, list))
        return true;
    nt_text takes;
    nt_text_init(&takes);
    nt_field_describe(field, &takes);
    if (count == 1 && !list)
        snprintf(why, NT_FIELD_WHY, "must be %s, not '%.40s'", takes.bytes, texts[0]);
    else
        snprintf(why, NT_FIELD_WHY, "must be %s, not this list", takes.bytes);
    nt_text_finish(&takes);
    return false;
}

/* Splits "[1,2]" or "1" in place; returns how many parts, or -1 when there are more than `limit`.
 */
static int split(char *value, const char **parts, int limit, bool *ret_list) {
    size_t length = strlen(value);
    *ret_list = length >= 2 && value[0] == '[' && value[length - 1] == ']';
    if (!*ret_list) {
        parts[0] = value;
        return 1;
    }
    value[length - 1] = '\0';
    int count = 0;
    char *rest = NULL;
    for (char *part = strtok_r(value + 1, ", ", &rest); part; part = strtok_r(NULL, ", ", &rest)) {
        if (count == limit)
            return -1;
        parts[count++] = part;
    }
    return count;
}

bool nt_field_set_text(const nt_field *field, void *record, nt_arena *arena, const char *text,
                       char why[NT_FIELD_WHY]) {
    enum { LONGEST = 2048 };
    const char *parts[LONGEST];
    bool list;
    if (field->type == NT_STRING)
        return nt_field_set(field, record, arena, &text, 1, false, why);
    char *copy = nt_arena_string(arena, text);
    int count = copy ? split(copy, parts, LONGEST, &list) : -1;
    if (count < 0) {
        snprintf(why, NT_FIELD_WHY, "is too long");
        return false;
    }
    return nt_field_set(field, record, arena, parts, count, list, why);
}

bool nt_fields_default(const nt_field *fields, void *record, nt_arena *arena) {
    char why[NT_FIELD_WHY];
    for (; fields->name; fields++)
        if (fields->fallback && !nt_field_set_text(fields, record, arena, fields->fallback, why))
            return false;
    return true;
}

bool nt_fields_parse(const nt_field *fields, void *record, nt_arena *arena, const char *text,
                     char why[NT_FIELD_WHY]) {
    char *copy = nt_arena_string(arena, text), *rest = NULL;
    if (!copy)
        return snprintf(why, NT_FIELD_WHY, "out of memory"), false;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        const nt_field *field = nt_field_find(fields, word);
        if (!value || !field)
            return snprintf(why, NT_FIELD_WHY, "no field '%.60s'", word), false;
        if (!nt_field_set_text(field, record, arena, value, why))
            return false;
    }
    return true;
}

/* The bytes that make up a field's value, for hashing and comparing. */
static const void *value_bytes(const nt_field *field, const void *record, size_t *ret_size) {
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case NT_INT:
    case NT_CHOICE:
        return *ret_size = sizeof(int32_t), at;
    case NT_INT64:
        return *ret_size = sizeof(int64_t), at;
    case NT_REAL:
        return *ret_size = sizeof(double), at;
    case NT_BOOL:
        return *ret_size = sizeof(bool), at;
    case NT_PAIR:
        return *ret_size = 2 * sizeof(int32_t), at;
    case NT_LABELS:
    case NT_STRING: {
        const char *text;
        memcpy(&text, at, sizeof text);
        return *ret_size = text ? strlen(text) : 0, text;
    }
    case NT_INTS: {
        const nt_ints *ints = at;
        return *ret_size = (size_t)ints->count * sizeof(int32_t), ints->items;
    }
    case NT_REALS: {
        const nt_reals *reals = at;
        return *ret_size = (size_t)reals->count * sizeof(double), reals->items;
    }
    }
    return *ret_size = 0, NULL;
}

void *nt_fields_copy(const nt_field *fields, const void *record, size_t size, nt_arena *arena) {
    char *copy = nt_arena_copy(arena, record, size);
    for (; copy && fields->name; fields++) {
        size_t length;
        const void *from = value_bytes(fields, record, &length);
        bool text = fields->type == NT_STRING || fields->type == NT_LABELS;
        if (!text && fields->type != NT_INTS && fields->type != NT_REALS)
            continue;
        if (!from)
            continue;
        const void *bytes =
            text ? nt_arena_string(arena, from) : nt_arena_copy(arena, from, length);
        if (!bytes)
            return NULL;
        void *at = copy + fields->offset;
        switch (fields->type) {
        case NT_INTS:
            ((nt_ints *)at)->items = bytes;
            break;
        case NT_REALS:
            ((nt_reals *)at)->items = bytes;
            break;
        default:
            memcpy(at, &bytes, sizeof bytes);
        }
    }
    return copy;
}

uint64_t nt_fields_hash(const nt_field *fields, const void *record, uint64_t seed) {
    for (; fields->name; fields++) {
        size_t size;
        const void *bytes = value_bytes(fields, record, &size);
        seed = nt_hash_bytes(seed, size ? bytes : "", size);
    }
    return seed;
}

static bool field_equal(const nt_field *field, const void *a, const void *b) {
    size_t size_a, size_b;
    const void *bytes_a = value_bytes(field, a, &size_a);
    const void *bytes_b = value_bytes(field, b, &size_b);
    return size_a == size_b && (size_a == 0 || memcmp(bytes_a, bytes_b, size_a) == 0);
}

bool nt_fields_equal(const nt_field *fields, const void *a, const void *b) {
    for (; fields->name; fields++)
        if (!field_equal(fields, a, b))
            return false;
    return true;
}

static int compare_real(double a, double b) {
    return (a > b) - (a < b);
}

static int compare_field(const nt_field *field, const void *a, const void *b) {
    size_t size_a, size_b;
    const void *x = value_bytes(field, a, &size_a), *y = value_bytes(field, b, &size_b);
    switch (field->type) {
    case NT_INT:
    case NT_CHOICE:
        return compare_real(*(const int32_t *)x, *(const int32_t *)y);
    case NT_INT64:
        return (*(const int64_t *)x > *(const int64_t *)y) -
               (*(const int64_t *)x < *(const int64_t *)y);
    case NT_REAL:
        return compare_real(*(const double *)x, *(const double *)y);
    default:
        if (size_a != size_b)
            return size_a < size_b ? -1 : 1;
        return size_a == 0 ? 0 : memcmp(x, y, size_a);
    }
}

int nt_fields_compare(const nt_field *fields, const void *a, const void *b) {
    int order = 0;
    for (; fields->name && order == 0; fields++)
        order = compare_field(fields, a, b);
    return order;
}

/* In place of a number of digits: reals by %a, texts in quotes. */
enum { EXACT = 0 };

static void format_real(double value, int digits, nt_text *text) {
    if (digits == EXACT)
        nt_text_printf(text, "%a", value);
    else
        nt_text_printf(text, "%.*g", digits, value);
}

static void format_value(const nt_field *field, const void *record, int digits, nt_text *text) {
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case NT_INT:
        nt_text_printf(text, "%d", *(const int32_t *)at);
        break;
    case NT_INT64:
        nt_text_printf(text, "%" PRId64, *(const int64_t *)at);
        break;
    case NT_REAL:
        format_real(*(const double *)at, digits, text);
        break;
    case NT_BOOL:
        nt_text_add(text, *(const bool *)at ? "true" : "false");
        break;
    case NT_CHOICE:
        nt_text_add(text, field->choices[*(const int32_t *)at]);
        break;
    case NT_LABELS:
    case NT_STRING: {
        const char *string;
        memcpy(&string, at, sizeof string);
        if (digits == EXACT)
            nt_text_add_quoted(text, string);
        else
            nt_text_add(text, string ? string : "");
        break;
    }
    case NT_PAIR: {
        const int32_t *pair = at;
        if (pair[0] == pair[1])
            nt_text_printf(text, "%d", pair[0]);
        else
            nt_text_printf(text, "[%d,%d]", pair[0], pair[1]);
        break;
    }
    case NT_INTS: {
        const nt_ints *ints = at;
        nt_text_add(text, "[");
        for (int i = 0; i < ints->count; i++)
            nt_text_printf(text, "%s%d", i ? "," : "", ints->items[i]);
        nt_text_add(text, "]");
        break;
    }
    case NT_REALS: {
        const nt_reals *reals = at;
        nt_text_add(text, "[");
        for (int i = 0; i < reals->count; i++) {
            nt_text_add(text, i ? "," : "");
            format_real(reals->items[i], digits, text);
        }
        nt_text_add(text, "]");
        break;
    }
    }
}

void nt_field_format(const nt_field *field, const void *record, nt_text *text) {
    format_value(field, record, 10, text);
}

void nt_field_format_digits(const nt_field *field, const void *record, int digits, nt_text *text) {
    format_value(field, record, digits, text);
}

void nt_fields_format(const nt_field *fields, const void *record, nt_text *text) {
    for (; fields->name; fields++) {
        nt_text value;
        nt_text_init(&value);
        nt_field_format(fields, record, &value);
        if (!fields->fallback || strcmp(value.bytes, fields->fallback) != 0)
            nt_text_printf(text, " %s=%s", fields->name, value.bytes);
        text->failed = text->failed || value.failed;
        nt_text_finish(&value);
    }
}

/* Takes `piece` off the beginning of *at. */
static bool takes(const char **at, const char *piece) {
    size_t length = strlen(piece);
    bool taken = strncmp(*at, piece, length) == 0;
    *at += taken ? length : 0;
    return taken;
}

static bool takes_integers(const char **at, const nt_ints *ints) {
    char number[16];
    bool taken = takes(at, "[");
    for (int i = 0; taken && i < ints->count; i++) {
        snprintf(number, sizeof number, "%s%d", i ? "," : "", ints->items[i]);
        taken = takes(at, number);
    }
    return taken && takes(at, "]");
}

/* Whether the value's usual text, as format_value makes it, is this one. It takes no memory, so
 * that what belongs to an identity never depends on whether there was some. */
static bool value_is(const nt_field *field, const void *record, const char *text) {
    const void *at = (const char *)record + field->offset;
    char digits[32];
    const char *value = digits;
    switch (field->type) {
    case NT_INT:
        snprintf(digits, sizeof digits, "%d", *(const int32_t *)at);
        break;
    case NT_INT64:
        snprintf(digits, sizeof digits, "%" PRId64, *(const int64_t *)at);
        break;
    case NT_BOOL:
        value = *(const bool *)at ? "true" : "false";
        break;
    case NT_CHOICE:
        value = field->choices[*(const int32_t *)at];
        break;
    case NT_LABELS:
    case NT_STRING:
        memcpy(&value, at, sizeof value);
        value = value ? value : "";
        break;
    case NT_PAIR: {
        const int32_t *pair = at;
        snprintf(digits, sizeof digits, pair[0] == pair[1] ? "%d" : "[%d,%d]", pair[0], pair[1]);
        break;
    }
    case NT_INTS:
        return takes_integers(&text, at) && *text == '\0';
    default:
        return false; /* of reals the usual text isn't exact */
    }
    return strcmp(value, text) == 0;
}

bool nt_field_is_usual(const nt_field *field, const void *record) {
    return (field->hidden || field->late) && field->fallback &&
           value_is(field, record, field->fallback);
}

void nt_fields_format_exact(const nt_field *fields, const void *record, nt_text *text) {
    for (; fields->name; fields++) {
        if (nt_field_is_usual(fields, record))
            continue;
        nt_text_printf(text, " %s=", fields->name);
        format_value(fields, record, EXACT, text);
    }
}

static void describe_number(const nt_field *field, const char *what, nt_text *text) {
    nt_text_add(text, what);
    if (field->above && field->max == 0)
        nt_text_printf(text, " above %.10g", field->min);
    else if (field->above)
        nt_text_printf(text, " above %.10g, up to %.10g", field->min, field->max);
    else if (field->min != 0 || field->max != 0)
        nt_text_printf(text, " from %.10g to %.10g", field->min, field->max);
}

void nt_field_describe(const nt_field *field, nt_text *text) {
    switch (field->type) {
    case NT_INT:
    case NT_INT64:
        describe_number(field, "an integer", text);
        break;
    case NT_REAL:
        describe_number(field, "a number", text);
        break;
    case NT_BOOL:
        nt_text_add(text, "true or false");
        break;
    case NT_CHOICE:
        nt_text_add(text, "one of ");
        for (int i = 0; field->choices[i]; i++)
            nt_text_printf(text, "%s%s", i ? ", " : "", field->choices[i]);
        break;
    case NT_STRING:
        nt_text_add(text, "a text");
        break;
    case NT_LABELS:
        nt_text_add(text, "names with their numbers, such as background=0 lesion=255");
        break;
    case NT_PAIR:
        describe_number(field, "an integer, or [rows, columns], each", text);
        break;
    case NT_INTS:
        describe_number(field, "a list of integers, each", text);
        break;
    case NT_REALS:
        describe_number(field, "a list of numbers, each", text);
        break;
    }
}
