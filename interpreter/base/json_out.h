/* JSON output: a jansson value printed so that equal values give equal bytes. Members stand in the
 * order in which they were added; two blanks a level; a list of scalars on one line; a number with
 * a fraction in the fewest digits that read back as the same double (at most 17); a newline at the
 * end.
 *
 * Build values with json_pack, which returns NULL when out of memory and then frees what it was
 * given; a NULL may be passed on to the functions below. */
#ifndef NT_JSON_OUT_H
#define NT_JSON_OUT_H

#include "field.h"
#include "status.h"
#include "tensor.h"
#include "text.h"
#include <jansson.h>

/* All return a new reference, NULL when out of memory. */
json_t *nt_json_text(const char *text); /* null for NULL; what isn't UTF-8 as visible.h has it */
json_t *nt_json_line(const char *line); /* the same, with nothing in it that isn't visible */
json_t *nt_json_real(double value);     /* null unless it is finite */
json_t *nt_json_float(float value);     /* the shortest decimal that reads back as the same float */
json_t *nt_json_shape(nt_shape shape);  /* [64, 8, 8] */
json_t *nt_json_names(const char *const *names); /* of a NULL-terminated list */
json_t *nt_json_fields(const nt_field *fields,
                       const void *record);   /* without hidden fields, and late ones as usual */
json_t *nt_json_field(const nt_field *field); /* what it takes, its default, bounds and meaning */

/* Appends `item` to `list` and takes it. When either is NULL or memory is out, frees both and
 * returns NULL; otherwise returns the list. */
json_t *nt_json_append(json_t *list, json_t *item);

/* Appends the text of `value`; NULL marks the text as failed. Doesn't take the value. */
void nt_json_format(const json_t *value, nt_text *text);

/* The same of a value so many levels within others, without the line's end. */
void nt_json_format_within(const json_t *value, int level, nt_text *text);

#endif
