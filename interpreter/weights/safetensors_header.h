/* The header of a safetensors file, read and checked against all that the format demands. */
#ifndef NT_SAFETENSORS_HEADER_H
#define NT_SAFETENSORS_HEADER_H

#include "safetensors.h"
#include "tensor_file.h"

typedef struct nt_header {
    nt_entry *entries; /* in the order of their data */
    size_t count;
    int64_t data_start;          /* in the file */
    const nt_metadata *metadata; /* key NULL ends it */
} nt_header;

nt_status nt_header_read(const nt_tensor_file *file, nt_header *ret);

#endif
