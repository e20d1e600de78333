/* The JSON Schema of graph files, for editors (json_schema.h). */
#ifndef NT_NETWORK_SCHEMA_H
#define NT_NETWORK_SCHEMA_H

#include "diagnostic.h"
#include <jansson.h>

/* A new reference; NULL when out of memory. */
json_t *nt_network_schema(void);

/* The same for one file, a path or a bare name: calls of the blocks that it has or includes must
 * fit them. NT_INVALID where these can't be read. */
nt_status nt_network_schema_for(const char *path, json_t **ret, nt_error *error);

#endif
