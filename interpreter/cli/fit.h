/* Text that fits a terminal: how wide it is, cut in the middle, broken into lines.
 *
 * Widths are counted in terminal columns: combining marks take none, East Asian wide characters
 * two; a byte that is not UTF-8 counts as one. */
#ifndef NT_FIT_H
#define NT_FIT_H

#include "text.h"
#include <stddef.h>

/* Terminal columns that a UTF-8 text takes. */
size_t nt_text_width(const char *text);

/* Appends `string`, or as much of its beginning and its end as takes `width` columns with "…"
 * between them. */
void nt_text_add_cut(nt_text *text, const char *string, size_t width);

/* Appends `words` in lines of up to `width` columns, broken at blanks, and within a
 * word that is wider than a line. The first line has `used` columns before it, the others begin
 * with `indent` blanks. No line end follows the last. */
void nt_text_add_wrapped(nt_text *text, const char *words, size_t width, size_t used,
                         size_t indent);

/* The same of whole lines, each by itself: lines that begin with a blank, which are laid out by
 * hand, stay as they are, and the others that follow each other are one paragraph. */
void nt_text_add_paragraphs(nt_text *text, const char *lines, size_t width);

/* Breaks those lines of `text` that are wider; what follows of one begins with as many blanks as it
 * did. Width 0: none, since there is no terminal, or all is wanted as it is. */
void nt_text_break(nt_text *text, size_t width);

#endif
