/* A YAML tree as JSON: what an editor, or whoever reads a list of networks, makes of it. */
#ifndef NT_YAML_JSON_H
#define NT_YAML_JSON_H

#include "document.h"
#include <jansson.h>

/* As it is written: expressions are texts. null for NULL and for what isn't written; a new
 * reference, NULL when out of memory. */
json_t *nt_yaml_json(const nt_yaml *node);

#endif
