#include "yaml_out.h"

#include "expression.h"
#include "visible.h"
#include <string.h>
#include <strings.h>

void nt_yaml_add_quoted(nt_text *text, const char *string, bool dollars) {
    size_t length = strlen(string);
    nt_text_add(text, "\"");
    for (size_t at = 0; at < length;) {
        nt_glyph c = nt_visible_next(string + at, length - at);
        if (c.point == '"' || c.point == '\\')
            nt_text_printf(text, "\\%c", (int)c.point);
        else if (c.point == '$' && dollars)
            nt_text_add(text, "$$");
        else if (c.visible || c.stray)
            nt_text_add_bytes(text, string + at, c.bytes);
        else /* YAML refuses most of them as they are, and a terminal should not see the others */
            nt_text_printf(text,
                           c.point < 0x80     ? "\\x%02x"
                           : c.point > 0xFFFF ? "\\U%08x"
                                              : "\\u%04x",
                           c.point);
        at += c.bytes;
    }
    nt_text_add(text, "\"");
}

/* What YAML 1.1 takes for something else than a text. */
static bool is_word(const char *text) {
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

void nt_yaml_add_key(nt_text *text, const char *key) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t plain = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");
    if (key[0] && strchr(letters, key[0]) && key[plain] == '\0' && !is_word(key))
        nt_text_add(text, key);
    else
        nt_yaml_add_quoted(text, key, false);
}

void nt_yaml_add_number(nt_text *text, const char *written) {
    const char *power = strchr(written, 'e');
    if (power && !strchr(written, '.'))
        nt_text_printf(text, "%.*s.0%s", (int)(power - written), written, power);
    else
        nt_text_add(text, written);
}

void nt_yaml_add_scalar(nt_text *text, nt_scalar scalar, nt_arena *scratch) {
    if (scalar.kind == NT_SCALAR_TEXT) {
        nt_yaml_add_quoted(text, scalar.text, false);
        return;
    }
    const char *written = nt_scalar_text(scalar, scratch);
    if (written && scalar.kind == NT_SCALAR_REAL)
        nt_yaml_add_number(text, written);
    else
        nt_text_add(text, written ? written : "");
    text->failed = text->failed || !written;
}

void nt_yaml_add_real(nt_text *text, double real, nt_arena *scratch) {
    nt_yaml_add_scalar(text, (nt_scalar){.kind = NT_SCALAR_REAL, .real = real}, scratch);
}

void nt_yaml_add_value(nt_text *text, const nt_field *field, const void *record, bool dollars,
                       nt_arena *scratch) {
    const void *at = (const char *)record + field->offset;
    const char *string;
    double real;
    switch (field->type) {
    case NT_LABELS:
    case NT_STRING:
        memcpy(&string, at, sizeof string);
        nt_yaml_add_quoted(text, string ? string : "", dollars);
        return;
    case NT_REAL: /* every digit, unlike nt_field_format */
        memcpy(&real, at, sizeof real);
        nt_yaml_add_real(text, real, scratch);
        return;
    case NT_REALS: {
        const nt_reals *reals = at;
        nt_text_add(text, "[");
        for (int i = 0; i < reals->count; i++) {
            nt_text_add(text, i ? ", " : "");
            nt_yaml_add_real(text, reals->items[i], scratch);
        }
        nt_text_add(text, "]");
        return;
    }
    default:
        nt_field_format(field, record, text);
    }
}
