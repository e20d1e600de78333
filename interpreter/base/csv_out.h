/* CSV output (RFC 4180). A text from elsewhere stays text in a spreadsheet: one that begins like a
 * formula, with = + - @, has an apostrophe before it, as spreadsheets want (OWASP, CSV injection),
 * unless it is a number. Line breaks and characters that can't be seen are encoded (visible.h), so
 * that a row is a line. */
#ifndef NT_CSV_OUT_H
#define NT_CSV_OUT_H

#include "text.h"

/* Appends a value, in quotes where it needs them. */
void nt_csv_text(nt_text *csv, const char *value);

/* Appends "," and a number in its shortest exact form; NaN is empty. */
void nt_csv_real(nt_text *csv, double value);

#endif
