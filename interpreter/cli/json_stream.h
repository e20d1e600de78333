/* A JSON object that is printed while it is made, so that a list of many items is never all in
 * memory. It reads as nt_json_print would have it. Up to some size nothing is printed before the
 * end: then a lack of memory leaves nothing behind. */
#ifndef NT_JSON_STREAM_H
#define NT_JSON_STREAM_H

#include "status.h"
#include "text.h"
#include <jansson.h>

typedef struct nt_json_stream {
    nt_text text; /* what is yet to be printed */
    int32_t members, items;
    nt_status status;
} nt_json_stream;

void nt_json_stream_begin(nt_json_stream *stream);

/* A member, whose value is taken over; NULL: out of memory. */
void nt_json_stream_member(nt_json_stream *stream, const char *key, json_t *value);

/* A member that is a list, its items one by one, and its end. */
void nt_json_stream_list(nt_json_stream *stream, const char *key);
void nt_json_stream_item(nt_json_stream *stream, json_t *value);
void nt_json_stream_list_end(nt_json_stream *stream);

/* Prints the rest, and frees the stream. */
nt_status nt_json_stream_end(nt_json_stream *stream);

#endif
