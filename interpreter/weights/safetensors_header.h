/* The header of a safetensors file, read and checked against all that the format demands. */
#ifndef NT_SAFETENSORS_HEADER_H
#define NT_SAFETENSORS_HEADER_H

#include "arena.h"
#include "diagnostic.h"
#include "safetensors.h"
#include <stdint.h>

/* An element type of the format. */
typedef struct nt_encoding {
    const char *name; /* "F16"; NULL ends the table */
    int width;        /* bytes */
    /* Decodes `count` elements; returns how many came before one that does not fit. NULL: none such
     * are read. */
    size_t (*to_floats)(const unsigned char *from, size_t count, float *to);
    size_t (*to_counters)(const unsigned char *from, size_t count, int32_t *to);
} nt_encoding;

const nt_encoding *nt_encoding_find(const char *name); /* NULL: the format has no such type */

typedef struct nt_entry {
    const char *name;
    const nt_encoding *encoding;
    size_t rank;
    const int64_t *shape;
    int64_t begin, end; /* bytes, from the start of the data */
} nt_entry;

typedef struct nt_header {
    nt_entry *entries; /* in the order of their data */
    size_t count;
    int64_t data_start;          /* in the file */
    const nt_metadata *metadata; /* key NULL ends it */
} nt_header;

/* Reads the header of the open file `fd`. Everything lies in `arena`. */
nt_status nt_header_read(int fd, const char *path, nt_arena *arena, nt_header *ret,
                         nt_error *error);

/* Reads exactly `size` bytes at `offset`. */
nt_status nt_header_pread(int fd, const char *path, void *bytes, size_t size, int64_t offset,
                          nt_error *error);

/* A name from a file, fit to be shown: at most 80 bytes, control characters replaced. */
const char *nt_header_show(nt_arena *arena, const char *name);

#endif
