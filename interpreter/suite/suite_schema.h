/* The JSON Schema of suite files, for editors (json_schema.h). */
#ifndef NT_SUITE_SCHEMA_H
#define NT_SUITE_SCHEMA_H

#include <jansson.h>

/* A new reference; NULL when out of memory. */
json_t *nt_suite_schema(void);

#endif
