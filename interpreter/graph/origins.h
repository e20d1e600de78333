/* From the values of a network's graph back to the layers that its user wrote. */
#ifndef NT_ORIGINS_H
#define NT_ORIGINS_H

#include "network.h"
#include "text.h"

/* Who made each value: several layers may share a graph node, since equal nodes are one; the first
 * of them is named. */
typedef struct nt_origins {
    const nt_network *network;
    int32_t *layers; /* of each graph node: the first layer with its value; -1: none; below: the
                      * network's input number -2 - it */
    size_t count;
} nt_origins;

bool nt_origins_init(nt_origins *origins, const nt_network *network); /* false: out of memory */
void nt_origins_finish(nt_origins *origins);

/* The layer that made `value`, or NULL: then it is an input of the network. */
const nt_layer *nt_origins_layer(const nt_origins *origins, nt_value value);

/* Appends what YAML calls it: the layer's name, LAYER.OUTPUT, or the input's. */
void nt_origins_add_name(const nt_origins *origins, nt_value value, nt_text *text);

/* The graph node of a layer, and the type of its value. */
const nt_node *nt_layer_node(const nt_network *network, const nt_layer *layer);
const nt_type *nt_layer_type(const nt_network *network, const nt_layer *layer);

#endif
