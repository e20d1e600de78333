/* Understanding names that are not the network's: rules that rename, and what files of a network
 * that was wrapped have in front of all. */
#ifndef NT_NAME_MAP_H
#define NT_NAME_MAP_H

#include "diagnostic.h"
#include "network.h"

typedef struct nt_name_map nt_name_map;

/* Rules "REGEX=NAME", apart by blanks: a POSIX extended expression that must match a name as a
 * whole, and the new name, in which \0 to \9 stand for what the groups matched. NULL and "" are no
 * rules. NT_INVALID says what is wrong with a rule. */
nt_status nt_name_map_new(const char *rules, nt_name_map **ret, nt_error *error);
void nt_name_map_free(nt_name_map *map); /* takes NULL */

/* The name by the first rule that matches; as it is if none does. NULL when out of memory. */
const char *nt_name_map_apply(const nt_name_map *map, const char *name, nt_arena *arena);

/* Finds what must be taken off the names ("module.", "model.backbone.") so that most of them are
 * states of the network: "" if that is nothing. `ret_rival` is another prefix that would do as
 * well, NULL if there is none. NULL names are passed over. NT_NO_MEMORY or NT_OK. */
nt_status nt_name_prefix(const char *const *names, size_t count, const nt_network *network,
                         nt_arena *arena, const char **ret, const char **ret_rival);

#endif
