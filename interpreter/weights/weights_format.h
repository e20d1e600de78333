/* The formats of weights files, one a file: format_NAME.c, listed in weights/meson.build. Which one
 * a file is, its first bytes say, never its name's ending. A format finds the tensors; what becomes
 * of them is the same for all. */
#ifndef NT_WEIGHTS_FORMAT_H
#define NT_WEIGHTS_FORMAT_H

#include "kind.h"
#include "safetensors.h"
#include "tensor_file.h"

/* Tensors that belong together. */
typedef struct nt_weights_part {
    const char *name; /* "state_dict"; "": the file as a whole */
    nt_entry *entries;
    size_t count;
} nt_weights_part;

typedef struct nt_weights_parts {
    nt_weights_part *items;
    size_t count;
    const nt_metadata *metadata; /* key NULL ends it */
} nt_weights_parts;

typedef struct nt_weights_format {
    nt_kind kind;

    /* Whether a file that begins with these bytes is of the format. */
    bool (*begins)(const unsigned char *first, size_t size);

    /* Finds all that there is: at least one part. */
    nt_status (*read)(const nt_tensor_file *file, nt_weights_parts *ret);
} nt_weights_format;

extern const nt_kind *const nt_weights_formats[];

#endif
