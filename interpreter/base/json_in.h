/* JSON that a file holds: jansson's reader with its memory watched. Its values take many times the
 * room of their text, `{}` 240 bytes, so a text is looked through before: how deep it nests, and
 * what its values would take. Jansson passes over some failures of its own allocations, so that a
 * text would lose its last characters; here that is out of memory. */
#ifndef NT_JSON_IN_H
#define NT_JSON_IN_H

#include "diagnostic.h"
#include <jansson.h>

enum { NT_JSON_DEEPEST = 64 };

/* A new reference. `at`: where in the file `path` the bytes begin, for messages. NT_INVALID for
 * what is no JSON, or has a member twice. */
nt_status nt_json_load(const char *path, int64_t at, const void *bytes, size_t size, json_t **ret,
                       nt_error *error);

/* The same with what jansson says; json_error_code tells that memory was out. */
json_t *nt_json_parse(const void *bytes, size_t size, json_error_t *ret_why);

/* Whether jansson ever lacked memory since the first call of nt_json_load: what was made of it then
 * may be incomplete. */
bool nt_json_any_failed(void);

/* For tests: jansson's n-th allocation from now fails; 0 switches it off. Returns whether the last
 * one that was asked for came. */
bool nt_json_fail_at(int n);

#endif
