/* Picture files as decoders see them: a first piece in memory, which grows when it is asked for,
 * and single reads anywhere. What a picture's header says is in its first kilobytes, so that a look
 * at many files reads little of each. A file in memory has no descriptor: its piece is all of it.
 * What can't be decoded is said here, too. */
#include "picture_private.h"

#include "alloc.h"
#include "file.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int32_t nt_picture_page(const char *path, size_t *ret_length) {
    enum { MOST_DIGITS = 9 };
    const char *hash = strrchr(path, '#');
    int32_t page = 0;
    *ret_length = strlen(path);
    if (!hash || hash[1] < '1' || hash[1] > '9' || strlen(hash + 1) > MOST_DIGITS)
        return 0;
    bool named = (hash - path > 4 && strncasecmp(hash - 4, ".tif", 4) == 0) ||
                 (hash - path > 5 && strncasecmp(hash - 5, ".tiff", 5) == 0);
    if (!named || hash[1 + strspn(hash + 1, "0123456789")] != '\0')
        return 0;
    for (const char *digit = hash + 1; *digit; digit++)
        page = 10 * page + (*digit - '0');
    *ret_length = (size_t)(hash - path);
    return page;
}

nt_status nt_input_open(const char *path, nt_picture_input *ret, nt_error *error) {
    nt_arena arena;
    size_t length;
    nt_picture_input input = {.path = path, .page = nt_picture_page(path, &length)};
    nt_arena_init(&arena);
    const char *name = input.page ? nt_arena_substring(&arena, path, length) : path;
    nt_status status = name ? nt_file_open(name, &input.file, &input.size, error)
                            : nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    nt_arena_finish(&arena);
    if (status == NT_OK)
        *ret = input;
    return status;
}

void nt_input_close(nt_picture_input *input) {
    nt_free(input->piece, input->have);
    if (input->file >= 0)
        close(input->file);
}

size_t nt_input_read(const nt_picture_input *input, int64_t offset, void *to, size_t size) {
    if (offset < 0 || offset >= input->size)
        return 0;
    size_t left = (size_t)(input->size - offset);
    size = size < left ? size : left;
    if ((uint64_t)offset + size <= input->have) {
        memcpy(to, input->bytes + offset, size);
        return size;
    }
    int64_t got = input->file >= 0 ? nt_file_read_at(input->file, offset, to, size) : 0;
    return got > 0 ? (size_t)got : 0;
}

nt_status nt_input_take(nt_picture_input *input, int64_t size, nt_error *error) {
    size = size < input->size ? size : input->size;
    size_t wanted = (size_t)size, have = input->have;
    if (have >= wanted)
        return NT_OK;
    unsigned char *piece = nt_realloc(input->piece, have, wanted);
    if (!piece)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", input->path);
    input->bytes = input->piece = piece;
    input->have = wanted;
    int64_t got = nt_file_read_at(input->file, (int64_t)have, piece + have, wanted - have);
    if (got < 0)
        return nt_error_in(error, NT_IO, input->path, -1, "cannot read: %s", strerror(errno));
    if ((size_t)got < wanted - have)
        return nt_error_in(error, NT_IO, input->path, (int64_t)have + got,
                           "the file ends here, early: it is being changed");
    return NT_OK;
}

nt_status nt_picture_damaged(const char *path, int64_t offset, const char *message,
                             nt_error *error) {
    nt_error_in(error, NT_INVALID, path, offset, "is damaged: %s", message);
    nt_error_hint(error, "get the file anew, or take it away");
    return NT_INVALID;
}
