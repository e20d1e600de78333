/* The JSON Schema of graph files, for editors (json_schema.h). */
#ifndef NT_NETWORK_SCHEMA_H
#define NT_NETWORK_SCHEMA_H

#include <jansson.h>

/* A new reference; NULL when out of memory. */
json_t *nt_network_schema(void);

#endif
