/* Brackets, commas and indents are json_out.c's, of an object at the outermost level and of a list
 * in it. */
#include "json_stream.h"

#include "console.h"
#include "json_out.h"

enum { MOST_KEPT = 1 << 24 /* bytes */ };

void nt_json_stream_begin(nt_json_stream *stream) {
    *stream = (nt_json_stream){.status = NT_OK};
    nt_text_init(&stream->text);
    nt_text_add(&stream->text, "{");
}

static void flush(nt_json_stream *stream) {
    if (stream->text.length <= MOST_KEPT || stream->status != NT_OK)
        return;
    stream->status = nt_print(&stream->text);
    nt_text_init(&stream->text);
}

static void add_key(nt_json_stream *stream, const char *key) {
    nt_text_printf(&stream->text, "%s\n  \"%s\": ", stream->members++ ? "," : "", key);
}

void nt_json_stream_member(nt_json_stream *stream, const char *key, json_t *value) {
    add_key(stream, key);
    nt_json_format_within(value, 1, &stream->text);
    json_decref(value);
    flush(stream);
}

void nt_json_stream_list(nt_json_stream *stream, const char *key) {
    add_key(stream, key);
    nt_text_add(&stream->text, "[");
    stream->items = 0;
}

void nt_json_stream_item(nt_json_stream *stream, json_t *value) {
    nt_text_add(&stream->text, stream->items++ ? ",\n    " : "\n    ");
    nt_json_format_within(value, 2, &stream->text);
    json_decref(value);
    flush(stream);
}

void nt_json_stream_list_end(nt_json_stream *stream) {
    nt_text_add(&stream->text, stream->items ? "\n  ]" : "]");
}

nt_status nt_json_stream_end(nt_json_stream *stream) {
    nt_text_add(&stream->text, "\n}\n");
    if (stream->status == NT_OK)
        return nt_print(&stream->text);
    nt_text_finish(&stream->text);
    return stream->status;
}
