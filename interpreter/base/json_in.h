/* JSON that a file holds, read by jansson, whose values take many times the room of their text:
 * `{}` 240 bytes. So a text is looked through before: how deep it nests, and what its values would
 * take. */
#ifndef NT_JSON_IN_H
#define NT_JSON_IN_H

#include "diagnostic.h"
#include <jansson.h>

enum { NT_JSON_DEEPEST = 64 };

/* The object or list in `bytes`, which stand at `offset` in the file; a new reference. Keys that
 * come twice are refused. */
nt_status nt_json_parse(const char *path, int64_t offset, const void *bytes, size_t size,
                        json_t **ret, nt_error *error);

#endif
