/* TIFF by libtiff: how it reads, where its messages go, and which of a file's directories are
 * pages. A page is a directory that holds a picture of its own, not a smaller copy or a
 * transparency mask of another; its number counts all directories from 1, as other programs do. */
#include "tiff_file.h"

#include "alloc.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* --- input ------------------------------------------------------------------------------------ */

static tmsize_t take(thandle_t handle, void *to, tmsize_t size) {
    nt_tiff *t = handle;
    size_t got = size > 0 ? nt_input_read(t->input, t->at, to, (size_t)size) : 0;
    t->at += (int64_t)got;
    return (tmsize_t)got;
}

static tmsize_t put(thandle_t handle, void *from, tmsize_t size) {
    (void)handle;
    (void)from;
    (void)size;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    nt_tiff *t = handle;
    int64_t base = whence == SEEK_CUR ? t->at : whence == SEEK_END ? t->input->size : 0;
    if (offset > (toff_t)(INT64_MAX - base))
        return (toff_t)-1;
    t->at = base + (int64_t)offset;
    return (toff_t)t->at;
}

static int leave(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) {
    return (toff_t)((nt_tiff *)handle)->input->size;
}

/* --- messages --------------------------------------------------------------------------------- */

static int hear_error(TIFF *file, void *user, const char *module, const char *format,
                      va_list arguments) {
    nt_tiff *t = user;
    (void)file;
    (void)module;
    if (!t->failed)
        vsnprintf(t->message, sizeof t->message, format, arguments);
    t->failed = true;
    return 1;
}

static int hear_warning(TIFF *file, void *user, const char *module, const char *format,
                        va_list arguments) {
    nt_tiff *t = user;
    return t->reading_pixels ? hear_error(file, user, module, format, arguments) : 1;
}

nt_status nt_tiff_failure(const nt_tiff *t, const char *otherwise, nt_error *error) {
    return nt_picture_damaged(t->input->path, -1, t->failed ? t->message : otherwise, error);
}

/* --- opening ---------------------------------------------------------------------------------- */

bool nt_tiff_is(const unsigned char *bytes, size_t size) {
    return size >= 4 && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 ||
                         memcmp(bytes, "II+\0", 4) == 0 || memcmp(bytes, "MM\0+", 4) == 0);
}

nt_status nt_tiff_open(const nt_picture_input *input, nt_tiff *ret, nt_error *error) {
    enum { LARGEST_BLOCK = 2 * NT_PICTURE_MOST };
    *ret = (nt_tiff){.input = input};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return nt_error_in(error, NT_NO_MEMORY, input->path, -1, "out of memory");
    TIFFOpenOptionsSetErrorHandlerExtR(options, hear_error, ret);
    TIFFOpenOptionsSetWarningHandlerExtR(options, hear_warning, ret);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, LARGEST_BLOCK);
    ret->file = TIFFClientOpenExt(input->path, "rmD", ret, take, put, seek, leave, size_of, NULL,
                                  NULL, options); /* m: not mapped; D: strips' offsets when asked */
    TIFFOpenOptionsFree(options);
    return ret->file ? NT_OK : nt_tiff_failure(ret, "it has no directory", error);
}

void nt_tiff_close(nt_tiff *t) {
    if (t->file)
        TIFFClose(t->file);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* A page is reached through those before it, each time that it is read. */
enum { MOST_DIRECTORIES = 4096 };

static nt_status too_many(const nt_tiff *t, nt_error *error) {
    nt_error_in(error, NT_INVALID, t->input->path, -1, "has more than %d pages", MOST_DIRECTORIES);
    nt_error_hint(error, "split it into several files");
    return NT_INVALID;
}

static bool is_page(const nt_tiff *t) {
    uint32_t kind = 0;
    TIFFGetFieldDefaulted(t->file, TIFFTAG_SUBFILETYPE, &kind);
    return (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
}

/* To the next directory; false at the last one. */
static bool turn(nt_tiff *t) {
    return !t->failed && !TIFFLastDirectory(t->file) && TIFFReadDirectory(t->file);
}

/* The only page; a file without one has a first directory. */
static nt_status turn_to_only_page(nt_tiff *t, nt_error *error) {
    int32_t pages = 0, only = 0, directory = 0;
    do {
        if (is_page(t) && pages++ == 0)
            only = directory;
        directory++;
    } while (directory <= MOST_DIRECTORIES && turn(t));
    if (t->failed)
        return nt_tiff_failure(t, "", error);
    if (directory > MOST_DIRECTORIES)
        return too_many(t, error);
    if (pages > 1) {
        nt_error_in(error, NT_INVALID, t->input->path, -1, "has %d pages", pages);
        nt_error_hint(error, "name one: %s#%d", t->input->path, only + 1);
        return NT_INVALID;
    }
    bool there = directory == 1 && TIFFLastDirectory(t->file);
    return there || TIFFSetDirectory(t->file, (tdir_t)only)
               ? NT_OK
               : nt_tiff_failure(t, "its directory cannot be read", error);
}

nt_status nt_tiff_turn_to_page(nt_tiff *t, nt_error *error) {
    if (t->input->page == 0)
        return turn_to_only_page(t, error);
    if (t->input->page == 1 || TIFFSetDirectory(t->file, (tdir_t)(t->input->page - 1)))
        return NT_OK;
    return nt_tiff_failure(t, "it has no such page", error);
}

static nt_status list_pages(nt_tiff *t, int32_t **pages, size_t *capacity, int32_t *count,
                            nt_error *error) {
    int32_t directory = 0;
    do {
        directory++;
        if (!is_page(t))
            continue;
        if (!nt_grow((void **)pages, capacity, (size_t)*count, sizeof **pages))
            return nt_error_in(error, NT_NO_MEMORY, t->input->path, -1, "out of memory");
        (*pages)[(*count)++] = directory;
    } while (directory <= MOST_DIRECTORIES && turn(t));
    if (directory > MOST_DIRECTORIES)
        return too_many(t, error);
    return t->failed ? nt_tiff_failure(t, "", error) : NT_OK;
}

static nt_status pages_of(nt_picture_input *input, int32_t **ret, int32_t *ret_count,
                          nt_error *error) {
    enum { HEAD = 16 };
    nt_tiff tiff;
    int32_t *pages = NULL, *exact, count = 0;
    size_t capacity = 0;
    NT_TRY(nt_input_take(input, HEAD, error));
    if (!nt_tiff_is(input->bytes, input->have))
        return NT_OK;
    nt_status status = nt_tiff_open(input, &tiff, error);
    if (status == NT_OK)
        status = list_pages(&tiff, &pages, &capacity, &count, error);
    nt_tiff_close(&tiff);
    size_t size = (size_t)count * sizeof *pages;
    if (status == NT_OK && count > 0) {
        exact = nt_realloc(pages, capacity * sizeof *pages, size);
        if (exact) {
            *ret = exact;
            *ret_count = count;
            return NT_OK;
        }
        status = nt_error_in(error, NT_NO_MEMORY, input->path, -1, "out of memory");
    }
    nt_free(pages, capacity * sizeof *pages);
    return status;
}

nt_status nt_picture_pages(const char *path, int32_t **ret, int32_t *ret_count, nt_error *error) {
    nt_picture_input input;
    int32_t *pages = NULL, count = 0;
    NT_TRY(nt_input_open(path, &input, error));
    nt_status status = pages_of(&input, &pages, &count, error);
    nt_input_close(&input);
    if (status == NT_OK) {
        *ret = pages;
        *ret_count = count;
    }
    return status;
}
