/* A plain file is read by its descriptor, a member of an archive through libarchive, which unpacks
 * it and compares its checksum at its end. `left` counts the bytes of data that are due; Fortran's
 * order is undone in memory, so that all rows of such an array are held while it is read. */
#include "array_file.h"

#include "alloc.h"
#include "array_head.h"
#include "elements.h"
#include "file.h"
#include "file_kind.h"
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "\x93NUMPY";

enum { LONGEST_HEADER = 1 << 16, PIECE = 1 << 16, DENSEST = 1032 /* deflate packs no better */ };

struct nt_array_file {
    const char *place;
    nt_arena arena;
    const char *path, *key; /* key NULL: a plain file, or the only member */
    int descriptor;         /* -1: not open */
    int64_t file_size;
    struct archive *archive; /* NULL: a plain file */
    nt_array_head head;
    int64_t member;       /* where in the file its bytes begin; -1: they are packed */
    int64_t begin;        /* the same of the data behind the header */
    int64_t unread;       /* bytes of data that are still in the file */
    unsigned char *whole; /* of an array in Fortran's order, once it was needed */
    size_t whole_size;
    int64_t row; /* the next one */
};

static nt_status no_memory(const nt_array_file *f, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", f->place);
}

static nt_status refuse(const nt_array_file *f, nt_error *error, const char *what) {
    return nt_error_in(error, NT_INVALID, f->place, -1, "%s", what);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static nt_status cut_short(const nt_array_file *f, nt_error *error) {
    nt_error_in(error, NT_INVALID, f->place, -1, "is cut short");
    nt_error_hint(error, "save or download it again");
    return NT_INVALID;
}

/* Fewer bytes than `size` only at the end. */
static nt_status read_some(nt_array_file *f, void *bytes, size_t size, size_t *ret_got,
                           nt_error *error) {
    size_t got = 0;
    while (got < size) {
        char *to = (char *)bytes + got;
        ssize_t n = f->archive ? archive_read_data(f->archive, to, size - got)
                               : read(f->descriptor, to, size - got);
        if (n < 0 && !f->archive && errno == EINTR)
            continue;
        if (n < 0) {
            const char *why = f->archive ? archive_error_string(f->archive) : strerror(errno);
            nt_error_in(error, NT_INVALID, f->place, -1, "cannot be read on: %s",
                        why ? why : "the archive is damaged");
            nt_error_hint(error, "save or download it again");
            return NT_INVALID;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *ret_got = got;
    return NT_OK;
}

static nt_status read_exactly(nt_array_file *f, void *bytes, size_t size, nt_error *error) {
    size_t got;
    NT_TRY(read_some(f, bytes, size, &got, error));
    return got == size ? NT_OK : cut_short(f, error);
}

/* Data, of which so many are due; behind the last there must be nothing, and the checksum right. */
static nt_status read_data(nt_array_file *f, void *bytes, size_t size, nt_error *error) {
    unsigned char more;
    size_t got = 0;
    NT_TRY(read_exactly(f, bytes, size, error));
    f->unread -= (int64_t)size;
    if (f->unread == 0 && size > 0)
        NT_TRY(read_some(f, &more, 1, &got, error));
    return got == 0 ? NT_OK : refuse(f, error, "has bytes behind the last that it announces");
}

static nt_status skip_data(nt_array_file *f, int64_t size, nt_error *error) {
    unsigned char piece[4096];
    if (!f->archive) {
        f->unread -= size;
        if (lseek(f->descriptor, size, SEEK_CUR) < 0)
            return nt_error_in(error, NT_INVALID, f->place, -1, "cannot be read on: %s",
                               strerror(errno));
        return NT_OK;
    }
    while (size > 0) {
        size_t now = size < (int64_t)sizeof piece ? (size_t)size : sizeof piece;
        NT_TRY(read_data(f, piece, now, error));
        size -= (int64_t)now;
    }
    return NT_OK;
}

/* --- archives --------------------------------------------------------------------------------- */

size_t nt_array_path_length(const char *place) {
    const char *hash = strrchr(place, '#');
    if (hash && hash - place >= 4 && strncmp(hash - 4, ".npz", 4) == 0)
        return (size_t)(hash - place);
    return strlen(place);
}

/* A member's key: its name without .npy; NULL: it is no array. */
static const char *key_of(nt_arena *arena, const char *name) {
    size_t length = name ? strlen(name) : 0;
    if (length <= 4 || strcmp(name + length - 4, ".npy") != 0)
        return NULL;
    return nt_arena_substring(arena, name, length - 4);
}

static nt_status not_found(const nt_array_file *f, int count, const char *keys, nt_error *error) {
    if (count == 0)
        return nt_error_in(error, NT_INVALID, f->path, -1, "holds no arrays");
    if (f->key)
        nt_error_in(error, NT_INVALID, f->path, -1, "holds no array '%s'", f->key);
    else
        nt_error_in(error, NT_INVALID, f->path, -1, "holds several arrays");
    nt_error_hint(error, "there are%s: write FILE#NAME", keys);
    return NT_INVALID;
}

static nt_status open_archive(nt_array_file *f, nt_error *error) {
    f->archive = archive_read_new();
    if (!f->archive)
        return no_memory(f, error);
    archive_read_support_format_zip_seekable(f->archive);
    if (archive_read_open_fd(f->archive, f->descriptor, PIECE) == ARCHIVE_OK)
        return NT_OK;
    nt_error_in(error, NT_INVALID, f->path, -1, "cannot be read as an archive of arrays: %s",
                archive_error_string(f->archive));
    nt_error_hint(error, "save or download it again");
    return NT_INVALID;
}

/* Where the bytes of the member begin whose header was just read; -1: they aren't there as they
 * are. */
static int64_t stored_at(const nt_array_file *f) {
    char first[6];
    int64_t at = archive_filter_bytes(f->archive, 0);
    return strstr(archive_format_name(f->archive), "(uncompressed)") &&
                   nt_file_read_at(f->descriptor, at, first, sizeof first) == sizeof first &&
                   memcmp(first, magic, sizeof first) == 0
               ? at
               : -1;
}

/* Goes through the archive up to the member that is meant. Without a key all are seen: there must
 * be one, which is then sought by its key. */
static nt_status find_member(nt_array_file *f, nt_error *error) {
    struct archive_entry *entry;
    const char *keys = "", *only = NULL;
    int count = 0, got;
    while ((got = archive_read_next_header(f->archive, &entry)) == ARCHIVE_OK ||
           got == ARCHIVE_WARN) {
        const char *key = key_of(&f->arena, archive_entry_pathname(entry));
        if (!key)
            continue;
        if (f->key && strcmp(key, f->key) == 0) {
            f->unread = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
            f->member = stored_at(f);
            return NT_OK;
        }
        if (count++ < 16)
            keys = nt_arena_printf(&f->arena, "%s %s", keys, key);
        only = key;
        if (!keys)
            return no_memory(f, error);
    }
    if (got != ARCHIVE_EOF) {
        nt_error_in(error, NT_INVALID, f->path, -1, "cannot be read as an archive of arrays: %s",
                    archive_error_string(f->archive));
        nt_error_hint(error, "save or download it again");
        return NT_INVALID;
    }
    if (f->key || count != 1)
        return not_found(f, count, keys, error);
    archive_read_free(f->archive);
    f->archive = NULL;
    f->key = only;
    lseek(f->descriptor, 0, SEEK_SET);
    NT_TRY(open_archive(f, error));
    return find_member(f, error);
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status read_text(nt_array_file *f, size_t length, nt_error *error) {
    char *text = nt_arena_alloc(&f->arena, length + 1);
    if (!text)
        return no_memory(f, error);
    NT_TRY(read_exactly(f, text, length, error));
    f->unread -= (int64_t)length;
    const char *wrong = strlen(text) < length ? "has a header with a zero byte"
                                              : nt_array_head_read(text, &f->head);
    return wrong ? refuse(f, error, wrong) : NT_OK;
}

/* Magic, version, length. */
static nt_status read_head(nt_array_file *f, nt_error *error) {
    unsigned char first[12] = {0};
    size_t got;
    NT_TRY(read_some(f, first, 10, &got, error));
    if (got < 6 || memcmp(first, magic, 6) != 0) {
        if (!f->archive)
            NT_TRY(nt_file_kind_refuse_at(f->path, NT_FILE_AS_DATA, error));
        return refuse(f, error, "is no array of NumPy");
    }
    if (got < 10)
        return cut_short(f, error);
    if (first[6] < 1 || first[6] > 3 || first[7] != 0)
        return nt_error_in(error, NT_INVALID, f->place, 6,
                           "is of NumPy's format %d.%d; 1.0, 2.0 and 3.0 are known", first[6],
                           first[7]);
    bool wide = first[6] > 1;
    if (wide)
        NT_TRY(read_exactly(f, first + 10, 2, error));
    f->unread -= wide ? 12 : 10;
    size_t length = first[8] | (size_t)first[9] << 8;
    length |= wide ? (size_t)first[10] << 16 | (size_t)first[11] << 24 : 0;
    if (length > LONGEST_HEADER)
        return refuse(f, error, "has a header longer than 65536 bytes");
    return read_text(f, length, error);
}

/* The data are as long as the shape says, and can be in the file. Of an array without elements the
 * other sides must be such as could be multiplied. */
static nt_status check_size(nt_array_file *f, nt_error *error) {
    char shape[NT_ARRAY_TEXT], type[NT_ARRAY_TEXT];
    int64_t size = f->head.size, others = size;
    bool fits = true;
    for (int32_t d = 0; d < f->head.rank; d++) {
        int64_t side = f->head.dims[d];
        fits = fits && !__builtin_mul_overflow(others, side > 0 ? side : 1, &others);
        size = fits ? size * side : 0;
    }
    if (fits && size == f->unread && size / DENSEST <= f->file_size)
        return NT_OK;
    nt_error_in(error, NT_INVALID, f->place, -1,
                "announces %s elements of %s, but %lld bytes of data follow",
                nt_array_shape(&f->head, shape), nt_array_type(&f->head, type),
                (long long)(f->unread > 0 ? f->unread : 0));
    nt_error_hint(error, "save or download it again");
    return NT_INVALID;
}

static nt_status open_file(nt_array_file *f, nt_error *error) {
    unsigned char first[4] = {0};
    size_t length = nt_array_path_length(f->place);
    f->path = nt_arena_substring(&f->arena, f->place, length);
    if (!f->path)
        return no_memory(f, error);
    if (f->place[length])
        f->key = f->place + length + 1;
    NT_TRY(nt_file_open(f->path, &f->descriptor, &f->file_size, error));
    f->unread = f->file_size;
    bool zip = pread(f->descriptor, first, 4, 0) == 4 &&
               (memcmp(first, "PK\x03\x04", 4) == 0 || memcmp(first, "PK\x05\x06", 4) == 0);
    if (f->key && !zip)
        return nt_error_in(error, NT_INVALID, f->path, -1,
                           "is no archive of arrays, so there is no '#%s' in it", f->key);
    if (zip) {
        NT_TRY(open_archive(f, error));
        NT_TRY(find_member(f, error));
    }
    int64_t size = f->unread;
    NT_TRY(read_head(f, error));
    f->begin = f->member < 0 ? -1 : f->member + (size - f->unread);
    return check_size(f, error);
}

nt_status nt_array_open(const char *place, nt_array_file **ret, nt_error *error) {
    nt_array_file *f = nt_alloc_zero(sizeof *f);
    if (!f)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", place);
    f->place = place;
    f->descriptor = -1;
    nt_arena_init(&f->arena);
    nt_status status = open_file(f, error);
    if (status == NT_OK)
        *ret = f;
    else
        nt_array_close(f);
    return status;
}

void nt_array_close(nt_array_file *file) {
    if (!file)
        return;
    if (file->archive)
        archive_read_free(file->archive);
    if (file->descriptor >= 0)
        close(file->descriptor);
    nt_free(file->whole, file->whole_size);
    nt_arena_finish(&file->arena);
    nt_free(file, sizeof *file);
}

const nt_array_head *nt_array_head_of(const nt_array_file *file) {
    return &file->head;
}

int64_t nt_array_begin(const nt_array_file *file) {
    return file->begin;
}

/* --- rows ------------------------------------------------------------------------------------- */

int64_t nt_array_row(const nt_array_head *head) {
    int64_t count = 1;
    for (int32_t d = 1; d < head->rank; d++)
        count *= head->dims[d];
    return count;
}

/* Reads an array in Fortran's order as a whole, unless it was. */
static nt_status read_whole(nt_array_file *f, nt_error *error) {
    if (f->whole || f->unread == 0)
        return NT_OK;
    f->whole_size = (size_t)f->unread;
    f->whole = nt_alloc(f->whole_size);
    return f->whole ? read_data(f, f->whole, f->whole_size, error) : no_memory(f, error);
}

/* A row from where its elements lie in Fortran's order. */
static void gather_row(const nt_array_file *f, int64_t row, unsigned char *to) {
    int64_t at[NT_ARRAY_RANK] = {row}, count = nt_array_row(&f->head);
    size_t size = (size_t)f->head.size;
    for (int64_t i = 0; i < count; i++, to += size) {
        int64_t from = 0;
        for (int32_t d = f->head.rank - 1; d >= 0; d--)
            from = from * f->head.dims[d] + at[d];
        memcpy(to, f->whole + (size_t)from * size, size);
        for (int32_t d = f->head.rank - 1; d > 0 && ++at[d] == f->head.dims[d]; d--)
            at[d] = 0;
    }
}

nt_status nt_array_skip(nt_array_file *file, int64_t rows, nt_error *error) {
    file->row += rows;
    if (file->head.fortran)
        return NT_OK;
    return skip_data(file, rows * nt_array_row(&file->head) * file->head.size, error);
}

nt_status nt_array_next(nt_array_file *file, int64_t rows, void *ret_rows, nt_error *error) {
    size_t row = (size_t)(nt_array_row(&file->head) * file->head.size);
    if (file->head.fortran) {
        NT_TRY(read_whole(file, error));
        for (int64_t i = 0; i < rows && row > 0; i++)
            gather_row(file, file->row + i, (unsigned char *)ret_rows + (size_t)i * row);
    } else {
        NT_TRY(read_data(file, ret_rows, (size_t)rows * row, error));
    }
    file->row += rows;
    if (file->head.swapped)
        nt_elements_reverse(ret_rows, (size_t)rows * row / (size_t)file->head.size,
                            (size_t)file->head.size);
    return NT_OK;
}
