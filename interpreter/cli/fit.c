/* A text is read code point by code point; what is cut or broken is so between two of them. */
#include "fit.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The code point at *text, which moves past it; a stray byte stands for itself. */
static uint32_t next_point(const char **text) {
    const unsigned char *p = (const unsigned char *)*text;
    int more = p[0] >= 0xF8 ? 0 : p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC2 ? 1 : 0;
    uint32_t point = more == 3 ? p[0] & 7u : more == 2 ? p[0] & 15u : more == 1 ? p[0] & 31u : p[0];
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            ++*text;
            return p[0];
        }
        point = point << 6 | (p[i] & 0x3Fu);
    }
    *text += more + 1;
    return point;
}

typedef struct range {
    uint32_t first, last;
} range;

static bool in_ranges(uint32_t point, const range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* The blocks of combining marks and of wide characters (Unicode's East Asian Width W and F) that
 * file names and titles meet; not the whole of the standard's list. */
static size_t point_width(uint32_t point) {
    static const range none[] = {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                                 {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
                                 {0xFE20, 0xFE2F}};
    static const range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                 {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                 {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                 {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (point < 0x0300)
        return 1;
    if (in_ranges(point, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t nt_text_width(const char *text) {
    size_t width = 0;
    while (*text)
        width += point_width(next_point(&text));
    return width;
}

/* Bytes of the longest beginning that takes up to `width` columns. */
static size_t head_bytes(const char *text, size_t width) {
    const char *end = text;
    size_t used = 0;
    while (*end) {
        const char *next = end;
        used += point_width(next_point(&next));
        if (used > width)
            break;
        end = next;
    }
    return (size_t)(end - text);
}

/* The longest end of `text` that takes up to `width` columns. */
static const char *tail_of(const char *text, size_t width) {
    for (size_t left = nt_text_width(text); left > width;)
        left -= point_width(next_point(&text));
    return text;
}

void nt_text_add_cut(nt_text *text, const char *string, size_t width) {
    if (nt_text_width(string) <= width) {
        nt_text_add(text, string);
        return;
    }
    if (width == 0)
        return;
    nt_text_add_bytes(text, string, head_bytes(string, width / 2));
    nt_text_add(text, "\xE2\x80\xA6"); /* … */
    nt_text_add(text, tail_of(string, width - 1 - width / 2));
}

static void add_blanks(nt_text *text, size_t count) {
    for (size_t i = 0; i < count; i++)
        nt_text_add(text, " ");
}

/* Columns of the first `length` bytes. */
static size_t width_of(const char *bytes, size_t length) {
    const char *end = bytes + length;
    size_t width = 0;
    while (bytes < end)
        width += point_width(next_point(&bytes));
    return width;
}

static void next_line(nt_text *text, size_t indent) {
    nt_text_add(text, "\n");
    add_blanks(text, indent);
}

/* Appends a word of `length` bytes in pieces that fill the lines, the first after `used` columns;
 * returns the columns of the last line that are used. */
static size_t add_broken(nt_text *text, const char *word, size_t length, size_t width, size_t used,
                         size_t indent) {
    for (const char *end = word + length; word < end;) {
        const char *next = word;
        size_t columns = point_width(next_point(&next));
        if (used + columns > width && used > indent) {
            next_line(text, indent);
            used = indent;
        }
        nt_text_add_bytes(text, word, (size_t)(next - word));
        used += columns;
        word = next;
    }
    return used;
}

void nt_text_add_wrapped(nt_text *text, const char *words, size_t width, size_t used,
                         size_t indent) {
    bool fresh = true; /* the line has no word yet */
    for (words += strspn(words, " \n"); *words; words += strspn(words, " \n")) {
        size_t length = strcspn(words, " \n"), columns = width_of(words, length);
        if (!fresh && used + 1 + columns > width) {
            next_line(text, indent);
            used = indent;
            fresh = true;
        }
        nt_text_add(text, fresh ? "" : " ");
        used = add_broken(text, words, length, width, used + !fresh, indent);
        fresh = false;
        words += length;
    }
}

/* Bytes of the lines at the start of `lines` that are one paragraph. */
static size_t paragraph_bytes(const char *lines) {
    size_t length = 0;
    while (lines[length] && lines[length] != '\n' && lines[length] != ' ') {
        length += strcspn(lines + length, "\n");
        length += lines[length] == '\n';
    }
    return length;
}

void nt_text_add_paragraphs(nt_text *text, const char *lines, size_t width) {
    while (*lines) {
        size_t length = paragraph_bytes(lines);
        if (length > 0) {
            nt_text paragraph;
            nt_text_init(&paragraph);
            nt_text_add_bytes(&paragraph, lines, length);
            nt_text_add_wrapped(text, paragraph.bytes, width, 0, 0);
            nt_text_add(text, "\n");
            text->failed = text->failed || paragraph.failed;
            nt_text_finish(&paragraph);
        } else {
            length = strcspn(lines, "\n");
            length += lines[length] == '\n';
            nt_text_add_bytes(text, lines, length);
        }
        lines += length;
    }
}

static void add_line(nt_text *text, const char *line, size_t length, size_t width) {
    size_t indent = strspn(line, " ");
    nt_text whole;
    nt_text_init(&whole);
    nt_text_add_bytes(&whole, line, length);
    if (indent < width && !whole.failed && nt_text_width(whole.bytes) > width) {
        nt_text_add_bytes(text, line, indent);
        nt_text_add_wrapped(text, whole.bytes + indent, width, indent, indent);
    } else {
        nt_text_add_bytes(text, line, length);
    }
    text->failed = text->failed || whole.failed;
    nt_text_finish(&whole);
}

void nt_text_break(nt_text *text, size_t width) {
    nt_text broken;
    if (width == 0 || text->failed)
        return;
    nt_text_init(&broken);
    for (const char *line = text->bytes; *line;) {
        size_t length = strcspn(line, "\n");
        add_line(&broken, line, length, width);
        line += length;
        if (*line == '\n')
            nt_text_add_bytes(&broken, line++, 1);
    }
    nt_text_finish(text);
    *text = broken;
}
