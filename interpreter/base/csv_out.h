/* CSV output (RFC 4180). */
#ifndef NT_CSV_OUT_H
#define NT_CSV_OUT_H

#include "text.h"

/* Appends a value, in quotes where it needs them. */
void nt_csv_text(nt_text *csv, const char *value);

/* Appends "," and a number in its shortest exact form; NaN is empty. */
void nt_csv_real(nt_text *csv, double value);

#endif
