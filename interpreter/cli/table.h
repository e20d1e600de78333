/* Text tables for a terminal or a file: columns two spaces apart, as wide as their widest cell, no
 * trailing blanks.
 *
 *      #  layer  op      output   parameters
 *     --------------------------------------
 *      0  conv1  conv2d  64x16x16       9,408
 *
 * Out of memory is remembered, not reported at each step: nt_table_format passes it on to the
 * text. */
#ifndef NT_TABLE_H
#define NT_TABLE_H

#include "arena.h"
#include "text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum nt_align { NT_END, NT_LEFT, NT_RIGHT } nt_align;

/* What a column does where the table is wider than there is room for (nt_table_fit). */
typedef struct nt_column {
    const char *title; /* NULL for all columns: a table without a header */
    nt_align align;    /* NT_END (0) ends the list */
    int leaves;        /* 0: it stays; of the others that with the greatest number goes first */
    bool cut;          /* its texts may be cut in the middle */
    bool wrap;         /* of the last column: its texts may take several lines */
} nt_column;

typedef struct nt_table {
    nt_arena arena;
    const nt_column *columns; /* the caller's; must outlive the table */
    size_t column_count;
    const char **cells; /* row after row */
    size_t count, capacity;
    size_t rule_before; /* number of rows above the second rule; 0: none */
    bool failed;
} nt_table;

void nt_table_init(nt_table *table, const nt_column *columns);
void nt_table_finish(nt_table *table);

/* Each appends the next cell, from left to right and row by row; the text is copied, as
 * visible.h shows it on one line (NULL: memory was out when it was made). */
void nt_table_cell(nt_table *table, const char *text);
void nt_table_cellf(nt_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nt_table_count(nt_table *table, int64_t number); /* as "21,289,802" */

/* A thin rule between what is there and what follows: above totals. At most one a table. */
void nt_table_rule(nt_table *table);

/* Appends the table. The last row must be full. */
void nt_table_format(const nt_table *table, nt_text *text);

/* Terminal columns that it takes whole. */
size_t nt_table_width(const nt_table *table);

/* The room that tables have, and what it made them leave out. */
typedef struct nt_table_room {
    size_t width; /* columns of the terminal; 0: as many as a table takes */
    const char *left_out[16];
    int left_out_count;
} nt_table_room;

/* Appends the table in up to `room->width` columns: texts that may be cut are held to two fifths of
 * that, then columns leave in their order, then texts are cut further. Titles must outlive `room`.
 */
void nt_table_fit(const nt_table *table, nt_table_room *room, nt_text *text);

/* Appends a line with what was left out, if anything was, and `how` to see it: "--wide shows it".
 */
void nt_table_note_left_out(const nt_table_room *room, const char *how, nt_text *text);

#endif
