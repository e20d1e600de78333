/* Reading safetensors files as they are, by the network's own names: checkpoints, and what training
 * wrote. */
#include "safetensors.h"
#include "safetensors_header.h"

#include "file.h"
#include <string.h>
#include <unistd.h>

static nt_status read_file(const nt_tensor_file *file, nt_weights *weights,
                           nt_weights_note *ret_note) {
    nt_header header;
    nt_match match;
    NT_TRY(nt_header_read(file, &header));
    NT_TRY(nt_match_new(file, nt_weights_network(weights), header.entries, header.count, NULL,
                        &match));
    NT_TRY(nt_match_check(&match, false));
    NT_TRY(nt_match_read(&match, weights));
    if (ret_note)
        *ret_note = nt_match_note(&match);
    return NT_OK;
}

nt_status nt_safetensors_read(const char *path, nt_weights *weights, nt_weights_note *ret_note,
                              nt_error *error) {
    nt_arena arena;
    nt_tensor_file file = {.path = path, .arena = &arena, .error = error};
    NT_TRY(nt_file_open(path, &file.fd, &file.size, error));
    nt_arena_init(&arena);
    nt_status status = read_file(&file, weights, ret_note);
    nt_arena_finish(&arena);
    close(file.fd);
    return status;
}

const char *nt_metadata_find(const nt_metadata *metadata, const char *key) {
    for (; metadata->key; metadata++)
        if (strcmp(metadata->key, key) == 0)
            return metadata->value;
    return NULL;
}

nt_status nt_safetensors_metadata(const char *path, nt_arena *arena, const nt_metadata **ret,
                                  nt_error *error) {
    nt_header header;
    nt_tensor_file file = {.path = path, .arena = arena, .error = error};
    NT_TRY(nt_file_open(path, &file.fd, &file.size, error));
    nt_status status = nt_header_read(&file, &header);
    close(file.fd);
    if (status == NT_OK)
        *ret = header.metadata;
    return status;
}
