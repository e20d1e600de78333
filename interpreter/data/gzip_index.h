/* Reading gzip files from an offset of what is packed. Unpacking may begin at the start of a block
 * of the deflate format, if the 32768 bytes before it are known: an index keeps these for places
 * that are `span` bytes apart or more. */
#ifndef NT_GZIP_INDEX_H
#define NT_GZIP_INDEX_H

#include "diagnostic.h"
#include <stddef.h>
#include <stdint.h>

enum { NT_GZIP_WINDOW = 1 << 15 }; /* bytes that an index keeps for a place */

typedef struct nt_gzip_index nt_gzip_index;

/* Unpacks a file once. The path must stay. */
nt_status nt_gzip_index_new(const char *path, int64_t span, nt_gzip_index **ret, nt_error *error);
void nt_gzip_index_free(nt_gzip_index *index); /* takes NULL */

/* Fills `ret` from an offset of the unpacked bytes on, unpacking about `span` more. Any number of
 * threads may ask. NT_INVALID if there are fewer or they can't be unpacked; no checksum is
 * compared. */
nt_status nt_gzip_index_read(const nt_gzip_index *index, int64_t offset, void *ret, size_t size,
                             nt_error *error);

#endif
