/* In which layers two networks differ: layers are the same where their names are. */
#ifndef NT_NETWORK_DIFF_H
#define NT_NETWORK_DIFF_H

#include "origins.h"

/* A layer that both have, with what is not the same of it. */
typedef struct nt_layer_change {
    const nt_layer *first, *second;
    bool op;         /* another op: then its attributes are not compared */
    bool inputs;     /* it reads other layers, or in another order */
    bool output;     /* another shape */
    bool parameters; /* another number of them */
    bool multiply_adds;
    const nt_field **attributes; /* that differ */
    int32_t attribute_count;
} nt_layer_change;

typedef struct nt_network_diff {
    nt_arena arena;
    nt_origins origins[2];
    const nt_layer **only[2]; /* in one of the networks, in its order */
    size_t only_count[2];
    nt_layer_change *changes; /* in the first network's order */
    size_t change_count;
    bool moved; /* those that both have come in another order */
} nt_network_diff;

/* The networks must outlive it. NT_NO_MEMORY or NT_OK; to be finished in either case. */
nt_status nt_network_diff_make(const nt_network *first, const nt_network *second,
                               nt_network_diff *ret);
void nt_network_diff_finish(nt_network_diff *diff);

#endif
