/* CSV output (RFC 4180). */
#ifndef NT_CSV_OUT_H
#define NT_CSV_OUT_H

#include "text.h"

/* Appends a value, in quotes where it needs them. */
void nt_csv_text(nt_text *csv, const char *value);

/* Appends "," and a share or a change of one with six places; NaN is empty. */
void nt_csv_share(nt_text *csv, double value);

#endif
