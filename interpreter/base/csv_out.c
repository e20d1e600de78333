#include "csv_out.h"

#include "visible.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a spreadsheet would take for a formula. strtod takes more than decimal numbers, but nothing
 * that computes. */
static bool is_formula(const char *value) {
    char *end;
    if (!strchr("=+-@", value[0]))
        return false;
    (void)strtod(value, &end);
    return end == value || *end != '\0';
}

void nt_csv_text(nt_text *csv, const char *value) {
    nt_text cell;
    nt_text_init(&cell);
    nt_text_add(&cell, value[0] && is_formula(value) ? "'" : "");
    nt_visible_line(&cell, value, strlen(value), 0);
    bool quoted = strpbrk(cell.bytes, ",\"") != NULL;
    nt_text_add(csv, quoted ? "\"" : "");
    for (const char *at = cell.bytes; *at; at++)
        nt_text_add_bytes(csv, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    nt_text_add(csv, quoted ? "\"" : "");
    csv->failed = csv->failed || cell.failed;
    nt_text_finish(&cell);
}

void nt_csv_real(nt_text *csv, double value) {
    nt_text_add(csv, ",");
    if (!isnan(value))
        nt_text_add_real(csv, value);
}
