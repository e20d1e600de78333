/* A growing text: its bytes end in a zero at all times. Out of memory is remembered in `failed`,
 * and the text then stays as it is: whoever makes one checks once, at the end. */
#include "text.h"

#include "alloc.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char nothing[1] = "";
static atomic_bool any_failed;

void nt_text_init(nt_text *text) {
    *text = (nt_text){.bytes = nothing};
}

void nt_text_finish(nt_text *text) {
    if (text->capacity)
        nt_free(text->bytes, text->capacity);
    nt_text_init(text);
}

void nt_text_clear(nt_text *text) {
    text->length = 0;
    if (text->capacity)
        text->bytes[0] = '\0';
}

static void fail(nt_text *text) {
    text->failed = true;
    any_failed = true;
}

bool nt_text_any_failed(void) {
    return any_failed;
}

static bool reserve(nt_text *text, size_t extra) {
    size_t need = text->length + extra + 1;
    if (need <= text->capacity)
        return true;
    size_t size = text->capacity ? text->capacity * 2 : 256;
    while (size < need)
        size *= 2;
    char *bytes = nt_realloc(text->capacity ? text->bytes : NULL, text->capacity, size);
    if (!bytes) {
        fail(text);
        return false;
    }
    text->bytes = bytes;
    text->capacity = size;
    return true;
}

void nt_text_add_bytes(nt_text *text, const void *bytes, size_t length) {
    if (!reserve(text, length))
        return;
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void nt_text_add(nt_text *text, const char *string) {
    nt_text_add_bytes(text, string, strlen(string));
}

void nt_text_vprintf(nt_text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        fail(text);
    if (length < 0 || !reserve(text, (size_t)length))
        return;
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    text->length += (size_t)length;
}

void nt_text_printf(nt_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    nt_text_vprintf(text, format, arguments);
    va_end(arguments);
}

const char *nt_text_keep(nt_text *text, nt_arena *arena) {
    const char *kept = text->failed ? NULL : nt_arena_substring(arena, text->bytes, text->length);
    arena->failed = arena->failed || !kept;
    nt_text_finish(text);
    return kept;
}

void nt_text_join(nt_text *text, nt_text *from) {
    nt_text_add_bytes(text, from->bytes, from->length);
    text->failed = text->failed || from->failed;
    nt_text_finish(from);
}

void nt_text_add_real(nt_text *text, double value) {
    char digits[32];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    nt_text_add(text, digits);
}

void nt_text_count(nt_text *text, int64_t number) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    for (int i = 0; i < length; i++) {
        bool boundary = i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0;
        nt_text_printf(text, "%s%c", boundary ? "," : "", digits[i]);
    }
}

void nt_text_add_quoted(nt_text *text, const char *string) {
    if (!string) {
        nt_text_add(text, "null");
        return;
    }
    nt_text_add(text, "\"");
    for (; *string; string++)
        if (*string == '"' || *string == '\\')
            nt_text_printf(text, "\\%c", *string);
        else if ((unsigned char)*string < ' ')
            nt_text_printf(text, "\\x%02x", (unsigned)*string);
        else
            nt_text_add_bytes(text, string, 1);
    nt_text_add(text, "\"");
}

bool nt_text_is_utf8(const char *bytes, size_t length) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + length;
    while (p < end) {
        int more = *p < 0x80 ? 0 : *p >= 0xC2 && *p < 0xE0 ? 1 : (*p & 0xF0) == 0xE0 ? 2 : 3;
        if (more == 3 && (*p < 0xF0 || *p > 0xF4))
            return false;
        if (end - p <= more)
            return false;
        /* The first byte after the lead is where overlong forms and surrogates show. */
        if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) ||
            (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F))
            return false;
        for (int i = 1; i <= more; i++)
            if ((p[i] & 0xC0) != 0x80)
                return false;
        p += more + 1;
    }
    return true;
}

/* On a mismatch only the last star takes one more byte: if any way to match what is before it can
 * do, the first can. */
bool nt_text_matches(const char *text, const char *pattern) {
    const char *star = NULL, *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
