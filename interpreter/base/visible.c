/* A text is read code point by code point (RFC 3629); what is no UTF-8 is read byte by byte. The
 * characters that show nothing are Unicode 15's Default_Ignorable_Code_Point
 * (DerivedCoreProperties.txt), with the separators of lines and paragraphs and the marks of
 * interlinear annotation, without the two selectors that ask for a sign's text or picture form. */
#include "visible.h"

#include <stdint.h>
#include <string.h>

typedef struct range {
    uint32_t first, last;
} range;

static const range unseen[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0D},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool is_unseen(uint32_t point) {
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (point >= unseen[i].first && point <= unseen[i].last)
            return true;
    return false;
}

nt_glyph nt_visible_next(const char *text, size_t length) {
    unsigned char lead = (unsigned char)*text;
    size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes > length || !nt_text_is_utf8(text, bytes))
        return (nt_glyph){.bytes = 1, .point = lead, .stray = true};
    uint32_t point = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
    for (size_t i = 1; i < bytes; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3Fu);
    return (nt_glyph){.bytes = bytes, .point = point, .visible = !is_unseen(point)};
}

bool nt_visible_is(const char *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        nt_glyph g = nt_visible_next(bytes + at, length - at);
        if (!g.visible)
            return false;
        at += g.bytes;
    }
    return true;
}

static void add_escaped(nt_text *text, nt_glyph g) {
    if (!g.stray && g.point == '\n')
        nt_text_add(text, "\\n");
    else if (!g.stray && g.point == '\r')
        nt_text_add(text, "\\r");
    else if (!g.stray && g.point == '\t')
        nt_text_add(text, "\\t");
    else if (g.stray || g.point < 0x80)
        nt_text_printf(text, "\\x%02x", g.point);
    else
        nt_text_printf(text, g.point > 0xFFFF ? "\\U%08x" : "\\u%04x", g.point);
}

/* What is seen goes over in runs. */
static void encode(nt_text *text, const char *bytes, size_t length, bool lines) {
    size_t from = 0;
    for (size_t at = 0; at < length;) {
        nt_glyph g = nt_visible_next(bytes + at, length - at);
        if (!g.visible && !(lines && !g.stray && (g.point == '\n' || g.point == '\t'))) {
            nt_text_add_bytes(text, bytes + from, at - from);
            add_escaped(text, g);
            from = at + g.bytes;
        }
        at += g.bytes;
    }
    nt_text_add_bytes(text, bytes + from, length - from);
}

/* `at` or the beginning of the character that it lies in. */
static size_t boundary(const char *bytes, size_t at) {
    size_t back = 0;
    while (back < 3 && back < at && ((unsigned char)bytes[at - back] & 0xC0) == 0x80)
        back++;
    return at - back;
}

void nt_visible_line(nt_text *text, const char *bytes, size_t length, size_t most) {
    if (most == 0 || length <= most) {
        encode(text, bytes, length, false);
        return;
    }
    size_t head = boundary(bytes, most / 3 * 2), tail = boundary(bytes, length - most / 3);
    encode(text, bytes, head, false);
    nt_text_printf(text, " [%zu bytes more] ", tail - head);
    encode(text, bytes + tail, length - tail, false);
}

void nt_visible_lines(nt_text *text, const char *bytes, size_t length) {
    encode(text, bytes, length, true);
}

void nt_visible_make(nt_text *lines) {
    nt_text made;
    nt_text_init(&made);
    nt_visible_lines(&made, lines->bytes, lines->length);
    made.failed = made.failed || lines->failed;
    nt_text_finish(lines);
    *lines = made;
}

const char *nt_visible(nt_arena *arena, const char *string) {
    size_t length = string ? strlen(string) : 0;
    if (!string || (length <= NT_VISIBLE_MOST && nt_visible_is(string, length)))
        return string;
    nt_text text;
    nt_text_init(&text);
    nt_visible_line(&text, string, length, NT_VISIBLE_MOST);
    return nt_text_keep(&text, arena);
}
