/* Values as YAML that this program reads back as they were, and other readers alike: texts in
 * double quotes, numbers with every digit, and with a point where YAML 1.1 wants one, 1.0e-05. Flow
 * style, so that each stands within one line. */
#ifndef NT_YAML_OUT_H
#define NT_YAML_OUT_H

#include "field.h"
#include "scalar.h"

/* `dollars`: `$` has a meaning where the text will stand, and is doubled. */
void nt_yaml_add_quoted(nt_text *text, const char *string, bool dollars);

/* As a key: without quotes where it can do without. */
void nt_yaml_add_key(nt_text *text, const char *key);

/* A real number that printf has written: 1e-05 becomes 1.0e-05. */
void nt_yaml_add_number(nt_text *text, const char *written);

/* Each takes room for a while in `scratch`. */
void nt_yaml_add_real(nt_text *text, double real, nt_arena *scratch);
void nt_yaml_add_scalar(nt_text *text, nt_scalar scalar, nt_arena *scratch);
void nt_yaml_add_value(nt_text *text, const nt_field *field, const void *record, bool dollars,
                       nt_arena *scratch);

#endif
