/* The expansion of a `nodes` map, expand.c, and below it that of one node's copies, repeat.c. */
#ifndef NT_EXPAND_H
#define NT_EXPAND_H

#include "network_file_private.h"

/* Where nodes are being expanded. */
typedef struct nt_frame {
    const char *prefix; /* "layer1.0." */
    const char *stage, *block, *kind;
    const char *const *tags; /* NULL-terminated */
    int tag_count;
    const nt_trail *trail;
    int depth;
} nt_frame;

/* Expands one node of the level, seen from `scope`: the level itself, or a repeat's variables in
 * front of it. *previous as below. */
typedef nt_status nt_node_expander(nt_loader *loader, nt_scope *level, const nt_scope *scope,
                                   const nt_frame *frame, const nt_yaml_entry *entry,
                                   nt_binding *previous);

/* Has `expand` make each copy of a node that says `repeat`. */
nt_status nt_expand_repeat(nt_loader *loader, nt_scope *level, const nt_frame *frame,
                           const nt_yaml_entry *entry, const nt_yaml *repeat,
                           nt_node_expander *expand, nt_binding *previous);

/* Expands scope->nodes. *value comes in as what the first node reads, goes out as what the last one
 * is. */
nt_status nt_expand_nodes(nt_loader *loader, nt_scope *scope, const nt_frame *frame,
                          nt_binding *value);

#endif
