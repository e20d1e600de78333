/* Reads what csv_out.h writes (RFC 4180, lines that end with "\n"). */
#include "csv_table.h"

#include "arena.h"
#include "html.h"
#include <stdlib.h>
#include <string.h>

typedef struct grid {
    nt_arena arena;
    const char **cells; /* row after row, the names of the columns first */
    int columns, rows;
    int header; /* the column that says what a row is of */
} grid;

/* --- reading ---------------------------------------------------------------------------------- */

/* A cell in quotes, in which two stand for one; *at is moved behind it. NULL when out of memory. */
static const char *quoted_cell(const char **at, nt_arena *arena) {
    const char *from = *at + 1, *end = from;
    while (*end && (*end != '"' || end[1] == '"'))
        end += *end == '"' ? 2 : 1;
    char *cell = nt_arena_alloc(arena, (size_t)(end - from) + 1), *to = cell;
    for (; cell && from < end; from += *from == '"' ? 2 : 1)
        *to++ = *from;
    *at = *end ? end + 1 : end;
    return cell;
}

/* The next cell; *at is moved to what ends it. NULL when out of memory. */
static const char *next_cell(const char **at, nt_arena *arena) {
    if (**at == '"')
        return quoted_cell(at, arena);
    size_t length = strcspn(*at, ",\n");
    *at += length;
    return nt_arena_substring(arena, *at - length, length);
}

/* Of the first line. */
static int count_cells(const char *line, nt_arena *arena) {
    for (int count = 1;; count++, line++)
        if (!next_cell(&line, arena) || *line != ',')
            return count;
}

/* A line feed in quotes makes room for a row too many, which is all. */
static bool read_csv(grid *g, const char *csv) {
    int room = 0;
    for (const char *at = csv; *at; at++)
        room += *at == '\n';
    g->columns = count_cells(csv, &g->arena);
    g->cells = NT_ARENA_ARRAY(&g->arena, const char *, room * g->columns + 1);
    for (const char *at = csv; g->cells && *at && g->rows < room; g->rows++) {
        for (int c = 0; c < g->columns; c++) {
            const char **cell = &g->cells[g->rows * g->columns + c];
            if (!(*cell = next_cell(&at, &g->arena)))
                return false;
            at += *at == ',';
        }
        at += *at == '\n';
    }
    return g->cells != NULL;
}

/* --- columns ---------------------------------------------------------------------------------- */

static bool is_number(const char *cell) {
    char *end;
    strtod(cell, &end);
    return end != cell && *end == '\0';
}

static bool numbers(const grid *g, int column) {
    for (int r = 1; r < g->rows; r++) {
        const char *cell = g->cells[r * g->columns + column];
        if (cell[0] && !is_number(cell))
            return false;
    }
    return true;
}

/* Of several such columns the first in this list. */
static int header_of(const grid *g) {
    static const char *const names[] = {"case_name", "case", "layer", "gone", "group"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (int c = 0; c < g->columns; c++)
            if (strcmp(g->cells[c], names[n]) == 0)
                return c;
    return 0;
}

/* The n-th to be shown: the header first, the others as they are. */
static int column_at(const grid *g, int n) {
    return n == 0 ? g->header : n <= g->header ? n - 1 : n;
}

static const char *title(grid *g, int column) {
    char *words = nt_arena_string(&g->arena, g->cells[column]);
    for (char *c = words; c && *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return words ? words : "";
}

/* 0.54952 of 0.5495229322231051; what isn't a fraction stays. */
static const char *shown(grid *g, const char *cell) {
    if (!is_number(cell) || !strpbrk(cell, ".eE"))
        return cell;
    const char *rounded = nt_arena_printf(&g->arena, "%.5g", strtod(cell, NULL));
    return rounded ? rounded : cell;
}

/* --- the table -------------------------------------------------------------------------------- */

static void add(nt_text *html, const char *caption, grid *g) {
    nt_html_column *columns = NT_ARENA_ARRAY(&g->arena, nt_html_column, g->columns + 1);
    const char **cells = NT_ARENA_ARRAY(&g->arena, const char *, g->columns);
    html->failed = html->failed || !columns || !cells;
    if (!columns || !cells)
        return;
    g->header = header_of(g);
    for (int n = 0; n < g->columns; n++) {
        int column = column_at(g, n);
        columns[n] = (nt_html_column){title(g, column), n > 0 && numbers(g, column)};
    }
    nt_html_table_begin(html, caption, columns);
    for (int r = 1; r < g->rows; r++) {
        for (int n = 0; n < g->columns; n++)
            cells[n] = shown(g, g->cells[r * g->columns + column_at(g, n)]);
        nt_html_row(html, columns, cells, NULL);
    }
    nt_html_table_end(html);
}

void nt_csv_table(nt_text *html, const char *caption, const char *csv) {
    grid g = {0};
    nt_arena_init(&g.arena);
    bool ok = read_csv(&g, csv);
    html->failed = html->failed || !ok;
    if (ok && g.rows > 0)
        add(html, caption, &g);
    nt_arena_finish(&g.arena);
}
