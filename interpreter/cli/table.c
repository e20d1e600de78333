/* Cells are copied as they come and measured at the end, when the widest of each column is known.
 */
#include "table.h"

#include "alloc.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- widths ----------------------------------------------------------------------------------- */

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

/* --- tables ----------------------------------------------------------------------------------- */

void nt_table_init(nt_table *table, const nt_column *columns) {
    *table = (nt_table){.columns = columns};
    nt_arena_init(&table->arena);
    while (columns[table->column_count].align != NT_END)
        table->column_count++;
}

void nt_table_finish(nt_table *table) {
    nt_free(table->cells, table->capacity * sizeof *table->cells);
    nt_arena_finish(&table->arena);
    *table = (nt_table){0};
}

static void add_cell(nt_table *table, const char *copy) {
    if (!copy ||
        !nt_grow((void **)&table->cells, &table->capacity, table->count, sizeof *table->cells)) {
        table->failed = true;
        return;
    }
    table->cells[table->count++] = copy;
}

void nt_table_cell(nt_table *table, const char *text) {
    add_cell(table, text ? nt_arena_string(&table->arena, text) : NULL);
}

void nt_table_cellf(nt_table *table, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_cell(table, nt_arena_vprintf(&table->arena, format, arguments));
    va_end(arguments);
}

void nt_table_count(nt_table *table, int64_t number) {
    nt_text text;
    nt_text_init(&text);
    nt_text_count(&text, number);
    nt_table_cell(table, text.bytes);
    table->failed = table->failed || text.failed;
    nt_text_finish(&text);
}

void nt_table_rule(nt_table *table) {
    table->rule_before = table->count / table->column_count;
}

static void add_repeated(nt_text *text, char c, size_t count) {
    for (size_t i = 0; i < count; i++)
        nt_text_add_bytes(text, &c, 1);
}

/* Blanks are held back until something follows them, so that no line ends in one. */
static void add_row(const nt_table *table, const char *const *cells, const size_t *widths,
                    nt_text *text) {
    size_t owed = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        size_t width = nt_text_width(cells[c]), blanks = widths[c] - width;
        bool right = table->columns[c].align == NT_RIGHT;
        owed += (c ? 2 : 0) + (right ? blanks : 0);
        if (width > 0) {
            add_repeated(text, ' ', owed);
            nt_text_add(text, cells[c]);
            owed = 0;
        }
        owed += right ? 0 : blanks;
    }
    nt_text_add(text, "\n");
}

static void measure(const nt_table *table, const char *const *titles, size_t *ret_widths) {
    for (size_t c = 0; c < table->column_count; c++)
        ret_widths[c] = nt_text_width(titles[c]);
    for (size_t i = 0; i < table->count; i++) {
        size_t width = nt_text_width(table->cells[i]),
               *widest = &ret_widths[i % table->column_count];
        *widest = width > *widest ? width : *widest;
    }
}

void nt_table_format(const nt_table *table, nt_text *text) {
    enum { MOST = 32 };
    size_t widths[MOST], total = 0;
    const char *titles[MOST];
    assert(table->column_count > 0 && table->column_count <= MOST);
    if (table->failed) {
        text->failed = true;
        return;
    }
    assert(table->count % table->column_count == 0);
    for (size_t c = 0; c < table->column_count; c++)
        titles[c] = table->columns[c].title ? table->columns[c].title : "";
    measure(table, titles, widths);
    for (size_t c = 0; c < table->column_count; c++)
        total += widths[c] + (c ? 2 : 0);
    if (table->columns[0].title) {
        add_row(table, titles, widths, text);
        add_repeated(text, '-', total);
        nt_text_add(text, "\n");
    }
    for (size_t row = 0; row < table->count / table->column_count; row++) {
        if (row > 0 && row == table->rule_before) {
            add_repeated(text, '-', total);
            nt_text_add(text, "\n");
        }
        add_row(table, table->cells + row * table->column_count, widths, text);
    }
}
