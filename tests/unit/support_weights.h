/* A small network's state, without a graph, and files made by hand. */
#ifndef SUPPORT_WEIGHTS_H
#define SUPPORT_WEIGHTS_H

#include "safetensors.h"
#include "support_base.h"

/* One state of each form that a network has; the same network each time. */
nt_network *small_network(void);

nt_weights *new_weights(const nt_network *network, uint64_t seed);

bool weights_equal(const nt_weights *a, const nt_weights *b);

/* A file of this header and `size` bytes of data (NULL: zeros). */
void write_safetensors(const char *path, const char *header, const void *data, size_t size);

#endif
