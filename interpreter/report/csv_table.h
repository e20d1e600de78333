/* A figure's numbers, which are CSV, as a table of the page. */
#ifndef NT_CSV_TABLE_H
#define NT_CSV_TABLE_H

#include "text.h"

/* The first line names the columns; the one that says what a line is of becomes the rows' header.
 * Numbers are rounded to five digits. */
void nt_csv_table(nt_text *html, const char *caption, const char *csv);

#endif
