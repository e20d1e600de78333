/* The JSON Schemas of what commands print with --json that is no file of a run. */
#ifndef NT_ANSWER_SCHEMA_H
#define NT_ANSWER_SCHEMA_H

#include <jansson.h>

/* Of `check`, `run --plan`, `predict`, `report`, `shrink` and `train`, by that word; a new
 * reference. NULL: there is no such one, or memory is out. */
json_t *nt_answer_schema(const char *name);

extern const char *const nt_answer_names[]; /* NULL-terminated */

#endif
