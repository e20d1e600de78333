/* Cells are copied as they come and measured at the end, when the widest of each column is known.
 */
#include "table.h"

#include "alloc.h"
#include "fit.h"
#include "visible.h"
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

/* A cell stays in its place, whatever is in its text. */
static void add_visible(nt_table *table, const char *copy) {
    add_cell(table, nt_visible(&table->arena, copy));
}

void nt_table_cell(nt_table *table, const char *text) {
    add_visible(table, text ? nt_arena_string(&table->arena, text) : NULL);
}

void nt_table_cellf(nt_table *table, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_visible(table, nt_arena_vprintf(&table->arena, format, arguments));
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
    char some[64];
    memset(some, c, sizeof some);
    for (size_t part; count > 0; count -= part) {
        part = count < sizeof some ? count : sizeof some;
        nt_text_add_bytes(text, some, part);
    }
}

/* --- widths ----------------------------------------------------------------------------------- */

enum { MOST = 32, GAP = 2 /* between columns */ };

/* How the table is laid out: which columns there are, and how wide. */
typedef struct layout {
    size_t natural[MOST], width[MOST];
    bool gone[MOST];
} layout;

static const char *title_of(const nt_table *table, size_t c) {
    return table->columns[c].title ? table->columns[c].title : "";
}

static void measure(const nt_table *table, layout *l) {
    for (size_t c = 0; c < table->column_count; c++)
        l->natural[c] = nt_text_width(title_of(table, c));
    for (size_t i = 0; i < table->count; i++) {
        size_t width = nt_text_width(table->cells[i]),
               *widest = &l->natural[i % table->column_count];
        *widest = width > *widest ? width : *widest;
    }
    memcpy(l->width, l->natural, sizeof l->width);
}

static size_t total(const nt_table *table, const layout *l) {
    size_t sum = 0;
    for (size_t c = 0; c < table->column_count; c++)
        if (!l->gone[c])
            sum += l->width[c] + GAP;
    return sum - GAP;
}

size_t nt_table_width(const nt_table *table) {
    layout l = {0};
    measure(table, &l);
    return total(table, &l);
}

static bool gives_way(const nt_column *column) {
    return column->cut || column->wrap;
}

static void hold_to(size_t *width, size_t most) {
    *width = *width > most ? most : *width;
}

/* The column that leaves next, or column_count. */
static size_t next_to_leave(const nt_table *table, const layout *l) {
    size_t found = table->column_count;
    for (size_t c = 0; c < table->column_count; c++) {
        int leaves = l->gone[c] ? 0 : table->columns[c].leaves;
        if (leaves > 0 && (found == table->column_count || leaves > table->columns[found].leaves))
            found = c;
    }
    return found;
}

static void leave_out(const char *title, nt_table_room *room) {
    enum { ROOM = sizeof room->left_out / sizeof *room->left_out };
    for (int i = 0; i < room->left_out_count; i++)
        if (strcmp(room->left_out[i], title) == 0)
            return;
    if (room->left_out_count < ROOM)
        room->left_out[room->left_out_count++] = title;
}

/* Cuts the widest of the columns that may be cut, column by column, down to a few. */
static void squeeze(const nt_table *table, size_t room, layout *l) {
    enum { LEAST = 5 };
    while (total(table, l) > room) {
        size_t widest = table->column_count;
        for (size_t c = 0; c < table->column_count; c++)
            if (!l->gone[c] && gives_way(&table->columns[c]) && l->width[c] > LEAST &&
                (widest == table->column_count || l->width[c] > l->width[widest]))
                widest = c;
        if (widest == table->column_count)
            return;
        l->width[widest]--;
    }
}

/* The widest cell is every row's width: where that comes to very many bytes, as of 10,000 rows of
 * which one is long, columns that may be cut are. */
static void hold_bytes(const nt_table *table, layout *l) {
    enum { MOST_BYTES = 1 << 24, LEAST = 120 };
    size_t rows = table->count / table->column_count + 1, most = MOST_BYTES / rows;
    for (size_t c = 0; c < table->column_count; c++)
        if (gives_way(&table->columns[c]))
            hold_to(&l->width[c], most > LEAST ? most : LEAST);
}

static void lay_out(const nt_table *table, nt_table_room *room, layout *l) {
    enum { LEAST_WRAPPED = 18 };
    hold_bytes(table, l);
    if (room->width == 0 || total(table, l) <= room->width)
        return;
    for (size_t c = 0; c < table->column_count; c++) {
        if (table->columns[c].cut)
            hold_to(&l->width[c], room->width * 2 / 5);
        if (table->columns[c].wrap)
            hold_to(&l->width[c], LEAST_WRAPPED);
    }
    while (total(table, l) > room->width) {
        size_t leaving = next_to_leave(table, l);
        if (leaving == table->column_count)
            break;
        l->gone[leaving] = true;
        leave_out(title_of(table, leaving), room);
    }
    squeeze(table, room->width, l);
    for (size_t c = 0; c < table->column_count; c++) {
        size_t used = total(table, l), more = l->natural[c] - l->width[c];
        if (!l->gone[c] && gives_way(&table->columns[c]) && used < room->width)
            l->width[c] += more < room->width - used ? more : room->width - used;
    }
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Blanks are held back until something follows them, so that no line ends in one. */
static void add_row(const nt_table *table, const char *const *cells, const layout *l,
                    nt_text *text) {
    size_t owed = 0, start = 0, gap = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        if (l->gone[c])
            continue;
        size_t width = nt_text_width(cells[c]), room = l->width[c];
        size_t blanks = room > width ? room - width : 0;
        bool right = table->columns[c].align == NT_RIGHT;
        owed += gap + (right ? blanks : 0);
        start += gap;
        if (width > 0) {
            add_repeated(text, ' ', owed);
            if (table->columns[c].wrap)
                nt_text_add_wrapped(text, cells[c], start + room, start, start);
            else
                nt_text_add_cut(text, cells[c], room);
            owed = 0;
        }
        owed += right ? 0 : blanks;
        start += room;
        gap = GAP;
    }
    nt_text_add(text, "\n");
}

static void add_rule(size_t width, nt_text *text) {
    add_repeated(text, '-', width);
    nt_text_add(text, "\n");
}

void nt_table_fit(const nt_table *table, nt_table_room *room, nt_text *text) {
    layout l = {0};
    const char *titles[MOST];
    assert(table->column_count > 0 && table->column_count <= MOST);
    if (table->failed) {
        text->failed = true;
        return;
    }
    assert(table->count % table->column_count == 0);
    measure(table, &l);
    lay_out(table, room, &l);
    for (size_t c = 0; c < table->column_count; c++)
        titles[c] = title_of(table, c);
    if (table->columns[0].title) {
        add_row(table, titles, &l, text);
        add_rule(total(table, &l), text);
    }
    for (size_t row = 0; row < table->count / table->column_count; row++) {
        if (row > 0 && row == table->rule_before)
            add_rule(total(table, &l), text);
        add_row(table, table->cells + row * table->column_count, &l, text);
    }
}

void nt_table_format(const nt_table *table, nt_text *text) {
    nt_table_room all = {0};
    nt_table_fit(table, &all, text);
}

void nt_table_note_left_out(const nt_table_room *room, const char *how, nt_text *text) {
    if (room->left_out_count == 0)
        return;
    nt_text note;
    nt_text_init(&note);
    nt_text_printf(&note, "%zu columns have no room for ", room->width);
    for (int i = 0; i < room->left_out_count; i++)
        nt_text_printf(&note, "%s%s", i ? ", " : "", room->left_out[i]);
    nt_text_printf(&note, "; %s", how);
    nt_text_add(text, "\n");
    nt_text_add_wrapped(text, note.bytes, room->width, 0, 0);
    nt_text_add(text, "\n");
    text->failed = text->failed || note.failed;
    nt_text_finish(&note);
}
