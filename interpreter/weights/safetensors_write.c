/* Writing weights. Names stand in the header in the network's order; in the data the counters come
 * first, so that every tensor is aligned to its element. */
#include "safetensors.h"

#include "alloc.h"
#include "file.h"
#include <endian.h>
#include <string.h>

enum { PREFIX = 8 };

static void add_string(nt_text *text, const char *string) {
    nt_text_add(text, "\"");
    for (const char *p = string; *p; p++) {
        if (*p == '"' || *p == '\\')
            nt_text_printf(text, "\\%c", *p);
        else if ((unsigned char)*p < 0x20)
            nt_text_printf(text, "\\u%04x", (unsigned)*p);
        else
            nt_text_add_bytes(text, p, 1);
    }
    nt_text_add(text, "\"");
}

static void add_metadata(nt_text *text, const nt_metadata *metadata) {
    if (!metadata || !metadata->key)
        return;
    nt_text_add(text, "\"__metadata__\":{");
    for (int i = 0; metadata[i].key; i++) {
        if (i > 0)
            nt_text_add(text, ",");
        add_string(text, metadata[i].key);
        nt_text_add(text, ":");
        add_string(text, metadata[i].value);
    }
    nt_text_add(text, "}");
}

static size_t file_bytes(const nt_state *state) {
    size_t width = state->role == NT_COUNTER ? sizeof(int64_t) : sizeof(float);
    return (size_t)nt_shape_elements(state->type.shape) * width;
}

static void add_entry(nt_text *text, const nt_state *state, size_t begin) {
    if (text->length > 1)
        nt_text_add(text, ",");
    add_string(text, state->name);
    nt_text_printf(text, ":{\"dtype\":\"%s\",\"shape\":[",
                   state->role == NT_COUNTER ? "I64" : "F32");
    for (int i = 0; i < state->type.shape.rank; i++)
        nt_text_printf(text, "%s%d", i ? "," : "", state->type.shape.dim[i]);
    nt_text_printf(text, "],\"data_offsets\":[%zu,%zu]}", begin, begin + file_bytes(state));
}

static void add_header(nt_text *text, const nt_network *network, const nt_metadata *metadata) {
    size_t counter_at = 0, float_at = 0;
    for (size_t i = 0; i < network->state_count; i++)
        if (network->states[i].role == NT_COUNTER)
            float_at += file_bytes(&network->states[i]);
    nt_text_add(text, "{");
    add_metadata(text, metadata);
    for (size_t i = 0; i < network->state_count; i++) {
        const nt_state *state = &network->states[i];
        size_t *at = state->role == NT_COUNTER ? &counter_at : &float_at;
        add_entry(text, state, *at);
        *at += file_bytes(state);
    }
    nt_text_add(text, "}");
    while (text->length % 8 != 0 && !text->failed)
        nt_text_add(text, " ");
}

static bool write_floats(nt_file *file, const nt_tensor *tensor) {
    size_t count = (size_t)nt_shape_elements(tensor->type.shape);
    float *rows = nt_alloc(count * sizeof *rows);
    if (!rows)
        return false;
    nt_tensor_to_rows(tensor->type, tensor->f, rows);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &rows[i], sizeof word);
        word = htole32(word);
        memcpy(&rows[i], &word, sizeof word);
    }
    nt_file_write(file, rows, count * sizeof *rows);
    nt_free(rows, count * sizeof *rows);
    return true;
}

static void write_counter(nt_file *file, const nt_tensor *tensor) {
    uint64_t word = htole64((uint64_t)(int64_t)tensor->i[0]);
    nt_file_write(file, &word, sizeof word);
}

static bool write_data(nt_file *file, const nt_weights *weights) {
    const nt_state *states = nt_weights_network(weights)->states;
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        if (states[i].role == NT_COUNTER)
            write_counter(file, &tensor);
    }
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        if (states[i].role != NT_COUNTER && !write_floats(file, &tensor))
            return false;
    }
    return true;
}

static nt_status write_file(const char *path, const nt_text *header, const nt_weights *weights,
                            nt_error *error) {
    nt_file *file;
    uint64_t length = htole64(header->length);
    if (header->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", path);
    NT_TRY(nt_file_create(path, &file, error));
    nt_file_write(file, &length, PREFIX);
    nt_file_write(file, header->bytes, header->length);
    if (write_data(file, weights))
        return nt_file_commit(file, error);
    nt_file_abandon(file);
    return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", path);
}

nt_status nt_safetensors_write(const char *path, const nt_weights *weights,
                               const nt_metadata *metadata, nt_error *error) {
    nt_text header;
    nt_text_init(&header);
    add_header(&header, nt_weights_network(weights), metadata);
    nt_status status = write_file(path, &header, weights, error);
    nt_text_finish(&header);
    return status;
}
