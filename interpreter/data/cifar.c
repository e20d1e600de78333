/* What CIFAR-10 and CIFAR-100 share: records of label bytes and a 32x32 image in planes, red,
 * green, blue. */
#include "cifar.h"

#include "file.h"
#include "file_kind.h"
#include <string.h>
#include <unistd.h>

enum { SIDE = 32, PLANE = SIDE * SIDE, CHANNELS = 3, SAMPLE = CHANNELS * PLANE };

static const size_t largest_file = (size_t)1 << 30;

static int record_size(const nt_cifar_layout *layout) {
    return layout->label_bytes + SAMPLE;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* --- finding ---------------------------------------------------------------------------------- */

static nt_status count_records(const nt_cifar_layout *layout, const char *path, int32_t *count,
                               nt_error *error) {
    int record = record_size(layout), fd;
    int64_t size;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    close(fd);
    if (size > 0 && size % record == 0 && (uint64_t)size <= largest_file) {
        *count += (int32_t)(size / record);
        return NT_OK;
    }
    NT_TRY(nt_file_kind_refuse_at(path, NT_FILE_AS_DATA, error));
    nt_error_in(error, NT_INVALID, path, size - size % record,
                "the file's %lld bytes are not records of %d bytes each: it was cut short, or is "
                "another file",
                (long long)size, record);
    nt_error_hint(error, "unpack %s again", layout->archive);
    return NT_INVALID;
}

nt_status nt_cifar_find(const nt_cifar_layout *layout, nt_arena *arena, nt_data_info *info,
                        nt_split split, const char *const *names, nt_error *error) {
    const char *absent = NULL;
    int32_t count = 0;
    for (; *names; names++) {
        const char *path = nt_arena_printf(arena, "%s/%s", info->folder, *names);
        if (!path)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
        if (access(path, F_OK) != 0) {
            absent = path;
            continue;
        }
        NT_TRY(count_records(layout, path, &count, error));
        if (!nt_data_add_file(info, arena, path))
            return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
    }
    if (absent && count > 0) {
        nt_error_in(error, NT_INVALID, absent, -1, "is not there, though others of its split are");
        nt_error_hint(error, "unpack %s again", layout->archive);
        return NT_INVALID;
    }
    info->counts[split] = count;
    return NT_OK;
}

/* --- class names ------------------------------------------------------------------------------ */

/* Cuts `text` into lines, passing over empty ones; returns how many there are, and keeps the first
 * `limit`. NULL items mean out of memory. */
static int32_t read_lines(nt_arena *arena, const char *text, const char **lines, int32_t limit) {
    int32_t count = 0;
    while (*text) {
        size_t length = strcspn(text, "\r\n");
        if (length > 0) {
            if (count < limit)
                lines[count] = nt_arena_substring(arena, text, length);
            count++;
        }
        text += length + strspn(text + length, "\r\n");
    }
    return count;
}

static nt_status read_names(const nt_cifar_layout *layout, nt_arena *arena, const char *path,
                            const char **names, nt_error *error) {
    enum { LARGEST = 1 << 16 };
    nt_bytes bytes;
    NT_TRY(nt_file_read(path, LARGEST, &bytes, error));
    int32_t count = read_lines(arena, (const char *)bytes.bytes, names, layout->classes);
    nt_bytes_finish(&bytes);
    if (count == layout->classes)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, path, -1, "names %d classes instead of %d", count,
                       layout->classes);
}

nt_status nt_cifar_describe(const nt_cifar_layout *layout, nt_arena *arena, nt_data_info *info,
                            const char *names, nt_error *error) {
    if (info->counts[NT_TRAIN] + info->counts[NT_TEST] == 0) {
        nt_error_in(error, NT_INVALID, info->folder, -1, "holds none of the files of %s",
                    info->kind->kind.name);
        nt_error_hint(error, "unpack %s there", layout->archive);
        return NT_INVALID;
    }
    const char *path = nt_arena_printf(arena, "%s/%s", info->folder, names);
    const char **class_names = NT_ARENA_ARRAY(arena, const char *, layout->classes);
    if (!path || !class_names)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
    if (access(path, F_OK) == 0) {
        NT_TRY(read_names(layout, arena, path, class_names, error));
        if (!nt_data_add_file(info, arena, path))
            return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
    } else {
        for (int32_t i = 0; i < layout->classes; i++)
            class_names[i] = nt_arena_printf(arena, "%d", i);
    }
    for (int32_t i = 0; i < layout->classes; i++)
        if (!class_names[i])
            return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
    info->shape = nt_shape_of(3, (const int32_t[]){CHANNELS, SIDE, SIDE});
    info->pixel = NT_PIXEL_BYTE;
    info->target = NT_TARGET_CLASS;
    info->classes = layout->classes;
    info->class_names = class_names;
    return NT_OK;
}

/* --- loading ---------------------------------------------------------------------------------- */

static void interleave(const unsigned char *planes, unsigned char *pixels) {
    for (int p = 0; p < PLANE; p++) {
        pixels[3 * p] = planes[p];
        pixels[3 * p + 1] = planes[p + PLANE];
        pixels[3 * p + 2] = planes[p + 2 * PLANE];
    }
}

/* Puts a file's records into the images from *filled on. */
static nt_status take_records(const nt_cifar_layout *layout, const char *path,
                              const nt_bytes *bytes, nt_images *images, int32_t *filled,
                              nt_error *error) {
    size_t record = (size_t)record_size(layout);
    if (bytes->size % record != 0 || bytes->size / record > (size_t)(images->count - *filled))
        return nt_error_in(error, NT_INVALID, path, -1, "changed its size while it was read");
    for (size_t at = 0; at < bytes->size; at += record) {
        const unsigned char *from = bytes->bytes + at;
        int32_t label = from[layout->label_at];
        if (label >= layout->classes)
            return nt_error_in(error, NT_INVALID, path, (int64_t)at + layout->label_at,
                               "label %d of record %zu is out of range: there are %d classes",
                               label, at / record, layout->classes);
        images->labels[*filled] = label;
        interleave(from + layout->label_bytes, images->pixels + (size_t)*filled * SAMPLE);
        ++*filled;
    }
    return NT_OK;
}

static bool listed(const char *path, const char *const *names) {
    while (*names && strcmp(*names, base_name(path)) != 0)
        names++;
    return *names != NULL;
}

static nt_status fill(const nt_cifar_layout *layout, const nt_data_info *info,
                      const char *const *names, nt_images *images, nt_error *error) {
    int32_t filled = 0;
    for (int32_t i = 0; i < info->file_count; i++) {
        if (!listed(info->files[i], names))
            continue;
        nt_bytes bytes;
        NT_TRY(nt_file_read(info->files[i], largest_file, &bytes, error));
        nt_status status = take_records(layout, info->files[i], &bytes, images, &filled, error);
        nt_bytes_finish(&bytes);
        NT_TRY(status);
    }
    if (filled < images->count)
        return nt_error_in(error, NT_INVALID, info->folder, -1,
                           "lost %d of %d images while it was read", images->count - filled,
                           images->count);
    return NT_OK;
}

nt_status nt_cifar_load(const nt_cifar_layout *layout, const nt_data_info *info, nt_split split,
                        const char *const *names, nt_images *ret, nt_error *error) {
    nt_images images;
    if (nt_images_init(&images, info->counts[split], SAMPLE, 0) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %d images",
                            info->counts[split]);
    nt_status status = fill(layout, info, names, &images, error);
    if (status != NT_OK) {
        nt_images_finish(&images);
        return status;
    }
    *ret = images;
    return NT_OK;
}
