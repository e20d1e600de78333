/* A network as text: what `nontrivial show` prints. */
#ifndef NT_NETWORK_PRINT_H
#define NT_NETWORK_PRINT_H

#include "origins.h"
#include "status.h"

/* `wide`: all columns, whatever the terminal has room for; `direct`: not through a pager. */
nt_status nt_network_print_table(const nt_network *network, bool wide, bool direct);
nt_status nt_network_print_json(const nt_network *network);
nt_status nt_network_print_dot(const nt_network *network); /* for Graphviz's dot */

/* Layers that the ablations call convolutions: transposed ones too. */
int32_t nt_network_convolutions(const nt_network *network);

#endif
