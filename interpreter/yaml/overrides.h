/* `--set key=value`: overriding values of a YAML file from the command line. */
#ifndef NT_OVERRIDES_H
#define NT_OVERRIDES_H

#include "document.h"

/* `key` is a param (where the file has `params`), or a path of keys to a value, such as
 * `graph`, `nodes.conv1.kernel` or `evaluate.limit`; list items are counted from 0. A value
 * "[a, b]" is a list of scalars. */
typedef struct nt_setting {
    const char *key, *value;
} nt_setting;

/* A copy of the tree under `root` with the settings made, in `arena`; what did not change is
 * shared. The mistakes of all settings are reported; places of the new values point into texts in
 * `arena`. */
nt_status nt_override(nt_arena *arena, const nt_yaml *root, const nt_setting *settings, int count,
                      bool add, const nt_yaml **ret, nt_error *error);

#endif
