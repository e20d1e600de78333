/* Cells are copied as they come and measured at the end, when the widest of each column is known.
 */
#include "table.h"

#include "alloc.h"
#include "fit.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
