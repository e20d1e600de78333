/* What a file says in place of what the file that it includes says: one tree laid over another. */
#ifndef NT_INHERIT_H
#define NT_INHERIT_H

#include "document.h"

/* The tree of `base` with what `over` says, in `arena`. Two maps are taken together key by key, the
 * base's keys first; of all else `over` counts. A key of `over` with nothing behind it takes the
 * base's away. A map that names another `kind`, `op` or `hook` than the base's replaces it as a
 * whole, since the one's options mean nothing to the other. Nodes are shared with both trees. NULL
 * when out of memory. */
const nt_yaml *nt_yaml_inherit(nt_arena *arena, const nt_yaml *base, const nt_yaml *over);

/* The map without a key, in `arena`; itself if it has none such. NULL when out of memory. */
const nt_yaml *nt_yaml_without(nt_arena *arena, const nt_yaml *map, const char *key);

#endif
