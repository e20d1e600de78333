#include "csv_out.h"

#include <math.h>
#include <string.h>

void nt_csv_text(nt_text *csv, const char *value) {
    if (!strpbrk(value, ",\"\r\n")) {
        nt_text_add(csv, value);
        return;
    }
    nt_text_add(csv, "\"");
    for (; *value; value++)
        nt_text_add_bytes(csv, *value == '"' ? "\"\"" : value, *value == '"' ? 2 : 1);
    nt_text_add(csv, "\"");
}

void nt_csv_real(nt_text *csv, double value) {
    nt_text_add(csv, ",");
    if (!isnan(value))
        nt_text_add_real(csv, value);
}
