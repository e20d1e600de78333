/* zlib reads plain files as they are, and compares a packed one's checksum where its data end. */
#include "gzip_file.h"

#include "file.h"
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, DENSEST = 1032 /* deflate packs no better */ };

nt_status nt_gzip_open(nt_gzip *in, const char *path, nt_error *error) {
    int fd;
    *in = (nt_gzip){.path = path};
    NT_TRY(nt_file_open(path, &fd, &in->size, error));
    in->file = gzdopen(fd, "rb"); /* which owns the descriptor from here on */
    if (in->file)
        return NT_OK;
    close(fd);
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
}

void nt_gzip_close(nt_gzip *in) {
    gzclose_r(in->file);
}

static nt_status damaged(const nt_gzip *in, nt_error *error) {
    int code;
    const char *why = gzerror(in->file, &code); /* "<fd:3>: why" */
    const char *colon = strncmp(why, "<fd:", 4) == 0 ? strstr(why, ">: ") : NULL;
    why = colon ? colon + 3 : why;
    nt_error_in(error, NT_INVALID, in->path, in->at, "cannot read on: %s", why);
    nt_error_hint(error, "fetch the file again");
    return NT_INVALID;
}

nt_status nt_gzip_some(nt_gzip *in, void *bytes, size_t size, size_t *ret_got, nt_error *error) {
    size_t got = 0;
    while (got < size) {
        unsigned want = size - got < PIECE ? (unsigned)(size - got) : PIECE;
        int n = gzread(in->file, (char *)bytes + got, want);
        if (n < 0)
            return damaged(in, error);
        got += (size_t)n;
        in->at += n;
        if ((unsigned)n < want)
            break;
    }
    int code;
    gzerror(in->file, &code);
    if (got < size && code != Z_OK && code != Z_STREAM_END)
        return damaged(in, error); /* a gzip file that ends within its data */
    *ret_got = got;
    return NT_OK;
}

nt_status nt_gzip_exactly(nt_gzip *in, void *bytes, size_t size, nt_error *error) {
    size_t got;
    NT_TRY(nt_gzip_some(in, bytes, size, &got, error));
    if (got == size)
        return NT_OK;
    nt_error_in(error, NT_INVALID, in->path, in->at, "the file ends here; %zu more bytes were due",
                size - got);
    nt_error_hint(error, "fetch the file again");
    return NT_INVALID;
}

nt_status nt_gzip_end(nt_gzip *in, nt_error *error) {
    unsigned char byte;
    size_t got;
    int64_t end = in->at;
    NT_TRY(nt_gzip_some(in, &byte, 1, &got, error));
    if (got == 0)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, in->path, end,
                       "bytes follow the last that the header announces");
}

bool nt_gzip_can_hold(const nt_gzip *in, uint64_t bytes) {
    return bytes / DENSEST <= (uint64_t)in->size;
}
