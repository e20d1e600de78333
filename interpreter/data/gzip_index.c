/* A file has one or more members, each a header, deflated blocks and a trailer of 8 bytes:
 *
 *     | header | block | block … | trailer | header | block …
 *     ^ member         ^ place             ^ member
 *
 * Places are starts of members, where zlib reads the header and needs no bytes before, or of blocks
 * in them, where it begins within a byte, without a header. Formats: RFC 1951 and 1952. */
#include "gzip_index.h"

#include "alloc.h"
#include "file.h"
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 1 << 16, TRAILER = 8, AS_GZIP = 31, AS_BLOCKS = -15 /* windowBits */ };

typedef struct place {
    int64_t packed, unpacked; /* offsets */
    int bits;                 /* of the byte before that are still to be read */
    unsigned length;          /* of the window */
    unsigned char *window;    /* [NT_GZIP_WINDOW]; NULL: a member begins here */
} place;

struct nt_gzip_index {
    const char *path;
    place *places;
    size_t count, capacity;
};

/* A file on its way. */
typedef struct unpacking {
    z_stream z;
    int fd;
    int64_t next; /* offset of what is read next */
    bool blocks;  /* the member's header was not read */
    unsigned char piece[PIECE];
} unpacking;

static nt_status no_memory(const char *path, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
}

static nt_status damaged(const char *path, nt_error *error) {
    nt_error_in(error, NT_INVALID, path, -1, "cannot be unpacked on");
    nt_error_hint(error, "fetch the file again");
    return NT_INVALID;
}

/* --- unpacking -------------------------------------------------------------------------------- */

static nt_status unpacking_new(const char *path, unpacking **ret, nt_error *error) {
    int64_t size;
    unpacking *u = nt_alloc_zero(sizeof *u);
    if (!u)
        return no_memory(path, error);
    nt_status status = nt_file_open(path, &u->fd, &size, error);
    if (status == NT_OK && inflateInit2(&u->z, AS_GZIP) != Z_OK) {
        close(u->fd);
        status = no_memory(path, error);
    }
    if (status == NT_OK)
        *ret = u;
    else
        nt_free(u, sizeof *u);
    return status;
}

static void unpacking_free(unpacking *u) {
    inflateEnd(&u->z);
    close(u->fd);
    nt_free(u, sizeof *u);
}

/* Offset of the next byte that zlib takes. */
static int64_t position(const unpacking *u) {
    return u->next - u->z.avail_in;
}

/* Goes to an offset of the file. */
static void seek(unpacking *u, int64_t offset) {
    u->next = offset;
    u->z.avail_in = 0;
}

/* Sees to it that there is something to unpack; false: the file ends. */
static bool refill(unpacking *u) {
    if (u->z.avail_in > 0)
        return true;
    int64_t got = nt_file_read_at(u->fd, u->next, u->piece, PIECE);
    u->z.next_in = u->piece;
    u->z.avail_in = got > 0 ? (unsigned)got : 0;
    u->next += u->z.avail_in;
    return got > 0;
}

/* Behind a member: whether another follows, at which it then stands. */
static bool next_member(unpacking *u) {
    unsigned char magic[2];
    int64_t at = position(u) + (u->blocks ? TRAILER : 0);
    if (nt_file_read_at(u->fd, at, magic, 2) != 2 || magic[0] != 0x1f || magic[1] != 0x8b)
        return false;
    seek(u, at);
    u->blocks = false;
    return inflateReset2(&u->z, AS_GZIP) == Z_OK;
}

/* --- making ----------------------------------------------------------------------------------- */

static nt_status add_place(nt_gzip_index *index, const unpacking *u, int64_t unpacked,
                           nt_error *error) {
    if (!nt_grow((void **)&index->places, &index->capacity, index->count, sizeof(place)))
        return no_memory(index->path, error);
    index->places[index->count++] = (place){.packed = position(u), .unpacked = unpacked};
    return NT_OK;
}

/* The same of a block, whose bytes before are taken from zlib. */
static nt_status add_block(nt_gzip_index *index, unpacking *u, int64_t unpacked, nt_error *error) {
    unsigned char *window = nt_alloc(NT_GZIP_WINDOW);
    if (!window)
        return no_memory(index->path, error);
    nt_status status = add_place(index, u, unpacked, error);
    if (status != NT_OK) {
        nt_free(window, NT_GZIP_WINDOW);
        return status;
    }
    place *p = &index->places[index->count - 1];
    p->bits = u->z.data_type & 7;
    p->window = window;
    inflateGetDictionary(&u->z, window, &p->length);
    return NT_OK;
}

/* From one block's start to the next, or less. */
static nt_status find_places(nt_gzip_index *index, unpacking *u, int64_t span, nt_error *error) {
    unsigned char passed[PIECE];
    int64_t unpacked = 0;
    NT_TRY(add_place(index, u, 0, error));
    while (refill(u)) {
        u->z.next_out = passed;
        u->z.avail_out = sizeof passed;
        int code = inflate(&u->z, Z_BLOCK);
        unpacked += (int64_t)sizeof passed - u->z.avail_out;
        bool far = unpacked - index->places[index->count - 1].unpacked >= span;
        if (code == Z_STREAM_END && !next_member(u))
            return NT_OK;
        if (code == Z_STREAM_END && far)
            NT_TRY(add_place(index, u, unpacked, error));
        if (code != Z_STREAM_END && code != Z_OK && code != Z_BUF_ERROR)
            return damaged(index->path, error);
        bool starts = code == Z_OK && (u->z.data_type & 128) && !(u->z.data_type & 64);
        if (starts && far)
            NT_TRY(add_block(index, u, unpacked, error));
    }
    return damaged(index->path, error);
}

nt_status nt_gzip_index_new(const char *path, int64_t span, nt_gzip_index **ret, nt_error *error) {
    unpacking *u;
    nt_gzip_index *index = nt_alloc_zero(sizeof *index);
    if (!index)
        return no_memory(path, error);
    index->path = path;
    nt_status status = unpacking_new(path, &u, error);
    if (status == NT_OK) {
        status = find_places(index, u, span, error);
        unpacking_free(u);
    }
    if (status == NT_OK)
        *ret = index;
    else
        nt_gzip_index_free(index);
    return status;
}

void nt_gzip_index_free(nt_gzip_index *index) {
    if (!index)
        return;
    for (size_t i = 0; i < index->count; i++)
        nt_free(index->places[i].window, NT_GZIP_WINDOW);
    nt_free(index->places, index->capacity * sizeof *index->places);
    nt_free(index, sizeof *index);
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status start(const nt_gzip_index *index, unpacking *u, const place *from,
                       nt_error *error) {
    unsigned char byte;
    seek(u, from->packed);
    if (!from->window)
        return NT_OK;
    u->blocks = true;
    if (inflateReset2(&u->z, AS_BLOCKS) != Z_OK)
        return no_memory(index->path, error);
    if (from->bits > 0) {
        if (nt_file_read_at(u->fd, from->packed - 1, &byte, 1) != 1)
            return damaged(index->path, error);
        inflatePrime(&u->z, from->bits, byte >> (8 - from->bits));
    }
    return inflateSetDictionary(&u->z, from->window, from->length) == Z_OK
               ? NT_OK
               : damaged(index->path, error);
}

static nt_status unpack(const nt_gzip_index *index, unpacking *u, unsigned char *to, size_t size,
                        nt_error *error) {
    u->z.next_out = to;
    while (size > 0) {
        unsigned now = size < PIECE ? (unsigned)size : PIECE;
        u->z.avail_out = now;
        if (!refill(u))
            return damaged(index->path, error);
        int code = inflate(&u->z, Z_NO_FLUSH);
        size -= now - u->z.avail_out;
        if (code == Z_STREAM_END ? size > 0 && !next_member(u)
                                 : code != Z_OK && code != Z_BUF_ERROR)
            return damaged(index->path, error);
    }
    return NT_OK;
}

static nt_status skip(const nt_gzip_index *index, unpacking *u, int64_t size, nt_error *error) {
    unsigned char passed[PIECE];
    for (int64_t now; size > 0; size -= now) {
        now = size < PIECE ? size : PIECE;
        NT_TRY(unpack(index, u, passed, (size_t)now, error));
    }
    return NT_OK;
}

static const place *place_before(const nt_gzip_index *index, int64_t offset) {
    size_t low = 0, high = index->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index->places[middle].unpacked <= offset)
            low = middle;
        else
            high = middle;
    }
    return &index->places[low];
}

nt_status nt_gzip_index_read(const nt_gzip_index *index, int64_t offset, void *ret, size_t size,
                             nt_error *error) {
    const place *from = place_before(index, offset);
    unpacking *u;
    NT_TRY(unpacking_new(index->path, &u, error));
    nt_status status = start(index, u, from, error);
    if (status == NT_OK)
        status = skip(index, u, offset - from->unpacked, error);
    if (status == NT_OK)
        status = unpack(index, u, ret, size, error);
    unpacking_free(u);
    return status;
}
