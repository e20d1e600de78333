/* Anyone's weights: a file of any of the formats (weights_format.h), read into a network whose
 * names may be others. */
#ifndef NT_WEIGHTS_FILE_H
#define NT_WEIGHTS_FILE_H

#include "progress.h"
#include "safetensors.h"
#include "weights.h"

/* Where weights come from; the texts are the caller's. */
typedef struct nt_weights_source {
    const char *path;  /* NULL: there are none */
    const char *map;   /* rules that rename: see nt_name_map_new; NULL or "": none */
    const char *extra; /* tensors to pass over, patterns with * apart by blanks; NULL or "": none */
    bool lacks;        /* states that it lacks stay as they are */
    const char *part;  /* of a file that has several; NULL: the one that fits */
} nt_weights_source;

/* Reads all of the network's state. What the names of all have in front (a wrapper's "module.") is
 * taken off, counters that the network lacks are passed over, and a part that alone fits is found;
 * each is noted, as are conversions. `ret_absent`, one for each state, says which stayed; NULL
 * where the source has them all. The weights change only on success. */
nt_status nt_weights_read(const nt_weights_source *source, const nt_progress *progress,
                          nt_weights *weights, bool *ret_absent, nt_error *error);

/* Takes path and part from FILE or FILE#PART, which also is a file if there is one of that name.
 * FILE# is FILE, whatever its name holds. In `arena`; false when out of memory. */
bool nt_weights_source_split(const char *written, nt_arena *arena, nt_weights_source *source);

/* What identifies the weights: the SHA-256 of the file, with how it is understood if the source
 * says that. */
nt_status nt_weights_source_digest(const nt_weights_source *source, char hex[NT_DIGEST_HEX],
                                   nt_error *error);

/* The metadata of a file, in `arena`; none of a format that has no such thing. */
nt_status nt_weights_metadata(const nt_weights_source *source, nt_arena *arena,
                              const nt_metadata **ret, nt_error *error);

#endif
