/* safetensors as one of the formats: one part, and metadata. */
#include "weights_format.h"

#include "safetensors_header.h"

/* A header's length and its bracket. */
static bool begins(const unsigned char *first, size_t size) {
    return size > 8 && first[8] == '{';
}

static nt_status read(const nt_tensor_file *file, nt_weights_parts *ret) {
    nt_header header;
    NT_TRY(nt_header_read(file, &header));
    nt_weights_part *part = NT_ARENA_NEW(file->arena, nt_weights_part);
    if (!part)
        return nt_tensor_file_no_memory(file);
    *part = (nt_weights_part){.name = "", .entries = header.entries, .count = header.count};
    *ret = (nt_weights_parts){.items = part, .count = 1, .metadata = header.metadata};
    return NT_OK;
}

const nt_weights_format nt_weights_format_safetensors = {
    .kind = {.name = "safetensors", .doc = "safetensors", .fields = nt_no_fields},
    .begins = begins,
    .read = read,
};
