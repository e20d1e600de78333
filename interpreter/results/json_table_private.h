/* Reading one value. Private to json_table_read.c and json_table_value.c. */
#ifndef NT_JSON_TABLE_PRIVATE_H
#define NT_JSON_TABLE_PRIVATE_H

#include "json_table.h"

/* "must be a list, not a text". Returns NT_INVALID. */
nt_status nt_json_wrong(const nt_json_reading *r, const nt_json_place *place, const char *wanted,
                        const json_t *value);
nt_status nt_json_no_memory(const nt_json_reading *r);

bool nt_json_in_range(const nt_json_member *member, double value);

/* A text of one of the types that are texts, in the reading's arena. */
nt_status nt_json_read_text(const nt_json_reading *r, const nt_json_place *place, nt_json_type type,
                            const json_t *value, const char **ret);

/* A value of the type, which is the member's or that of its items, into `at`. */
nt_status nt_json_read_single(const nt_json_reading *r, const nt_json_place *place,
                              const nt_json_member *member, nt_json_type type, const json_t *value,
                              void *at);

#endif
