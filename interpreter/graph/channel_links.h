/* Which channels of a node's outputs follow from which of its inputs, where that is one from one:
 * as the ops' traits say (NT_OP_CHANNELWISE), and through what only moves channels. Layers with
 * kernels, and what normalises over channels, mix them. */
#ifndef NT_CHANNEL_LINKS_H
#define NT_CHANNEL_LINKS_H

#include "graph.h"

/* Channel `to` of output `output` follows from channel `from` of data input `input`. */
typedef struct nt_channel_link {
    int32_t input, from, output, to;
    bool shared; /* the input has one channel, which all of the output follow from */
} nt_channel_link;

typedef void nt_channel_visit(void *context, const nt_channel_link *link);

/* Visits all links of a node, in rising order of the output's channels for each input. Returns
 * false, having visited none, where the node mixes channels, or has no inputs. */
bool nt_channel_links(const nt_graph *graph, int32_t node, nt_channel_visit *visit, void *context);

/* How many of the node's data inputs it computes with; others only lend it their size. */
int32_t nt_values_read(const nt_node *node);

/* An integer attribute of the node. */
int32_t nt_node_int(const nt_node *node, const char *field);

#endif
