/* Binary files that are plain or gzipped, read in order; byte offsets in messages count unpacked
 * bytes. */
#ifndef NT_GZIP_FILE_H
#define NT_GZIP_FILE_H

#include "diagnostic.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

typedef struct nt_gzip {
    gzFile file;
    const char *path;
    int64_t size; /* of the file as it lies there */
    int64_t at;   /* unpacked bytes read */
} nt_gzip;

/* NT_INVALID unless it is a regular file. The path must stay. */
nt_status nt_gzip_open(nt_gzip *in, const char *path, nt_error *error);
void nt_gzip_close(nt_gzip *in);

/* Reads up to `size` bytes, fewer only at the end of the file. */
nt_status nt_gzip_some(nt_gzip *in, void *bytes, size_t size, size_t *ret_got, nt_error *error);

/* NT_INVALID where the file ends before. */
nt_status nt_gzip_exactly(nt_gzip *in, void *bytes, size_t size, nt_error *error);

/* Reads to the end of the file, which also makes zlib compare its checksum; NT_INVALID unless it is
 * here. */
nt_status nt_gzip_end(nt_gzip *in, nt_error *error);

/* Whether so many bytes can be in the file, however well packed: what can't must not lead to a huge
 * allocation. */
bool nt_gzip_can_hold(const nt_gzip *in, uint64_t bytes);

#endif
