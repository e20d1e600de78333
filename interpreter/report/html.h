/* What the pages of reports are made of: the frame of a page, and tables. A page is one HTML file
 * that needs nothing beside it, no network either: its style sheet (page.css) and its script
 * (page.js) stand in it. Without the script it says the same. */
#ifndef NT_HTML_H
#define NT_HTML_H

#include "text.h"

/* Appends with & < > " as HTML has them. */
void nt_html_text(nt_text *html, const char *text);

/* A page up to its main part: title and heading, a paragraph under it, which is HTML, and links to
 * parts of it. */
typedef struct nt_html_link {
    const char *id, *words; /* an id of NULL ends a list */
} nt_html_link;

void nt_html_begin(nt_text *html, const char *title, const char *lead, const nt_html_link *links);
void nt_html_end(nt_text *html, const char *footer); /* plain text */

/* --- tables ----------------------------------------------------------------------------------- */

typedef struct nt_html_column {
    const char *title; /* NULL ends a list */
    bool number;       /* to the right, and sorted as numbers */
} nt_html_column;

/* A table whose columns sort and whose rows are filtered; it scrolls in a box of its own. */
void nt_html_table_begin(nt_text *html, const char *caption, const nt_html_column *columns);
void nt_html_table_end(nt_text *html);

/* A row, its first cell the row's header: a cell for each column. `class`: NULL, or what the style
 * sheet calls it. */
void nt_html_row(nt_text *html, const nt_html_column *columns, const char *const *cells,
                 const char *class);

/* The same with another row under it, which moves with it; between these two stands what is in
 * that, as HTML. */
void nt_html_row_above(nt_text *html, const nt_html_column *columns, const char *const *cells,
                       const char *class);
void nt_html_under_begin(nt_text *html, const nt_html_column *columns);
void nt_html_under_end(nt_text *html);

/* A table of names and what each is, to be read and not sorted; nt_html_table_end ends it, too. */
void nt_html_keys_begin(nt_text *html, const char *caption);
void nt_html_key(nt_text *html, const char *name, const char *value, bool code);

#endif
