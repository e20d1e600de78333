/* The smaller network while it is being put together: pieces in the order in which they will run,
 * each with its own parameters. A piece may go, and another then stands for it. When all is done,
 * what the output needs becomes a network with weights. */
#ifndef NT_DRAFT_H
#define NT_DRAFT_H

#include "channels.h"
#include "network.h"
#include "weights.h"

/* One output of one piece. */
typedef struct nt_ref {
    int32_t piece, output;
} nt_ref;

typedef struct nt_piece {
    const nt_op *op;
    void *attrs;
    nt_ref *in;
    int32_t in_count, out_count;
    nt_type out[NT_MAX_OUTPUTS];
    const char *name;
    const nt_layer *layer; /* whose place in the network it takes; NULL of an input */
    nt_param params[NT_MAX_PARAMS];
    float *values[NT_MAX_PARAMS]; /* of each, in PyTorch's order; a counter's is its bits */
    int32_t param_count;
    nt_value origin; /* what it computes some channels of; node -1: nothing that was there */
    const nt_channels *channels; /* of that value: it has those that are kept */
    bool gone;
    nt_ref stands; /* where it is gone: what stands for it */
} nt_piece;

typedef struct nt_draft {
    nt_arena *arena;           /* of all that pieces hold */
    const nt_network *network; /* that it comes from: names must not be taken twice */
    nt_piece *pieces;
    size_t count, capacity;
    nt_ref output;
} nt_draft;

void nt_draft_finish(nt_draft *draft);

/* Appends a copy of the piece, with its attributes; types and parameters follow from the inputs and
 * have no values yet. NT_INVALID with `why` where the inputs don't fit. */
nt_status nt_draft_add(nt_draft *draft, const nt_piece *piece, const nt_ref *in, int32_t in_count,
                       int32_t *ret, char why[NT_WHY]);

/* The same of a piece that has changed its attributes or inputs: values stay with their names. */
nt_status nt_draft_settle(nt_draft *draft, int32_t piece, char why[NT_WHY]);

/* A parameter of this shape with these values, in PyTorch's order, in the place of `of`. Its name
 * is `base` with `suffix`, or with a number where that is taken. */
nt_status nt_draft_add_parameter(nt_draft *draft, const nt_layer *of, const char *base,
                                 const char *suffix, nt_shape shape, const float *values,
                                 nt_ref *ret);

/* `base` with `suffix`, or with a number; NULL when out of memory. */
const char *nt_draft_name(const nt_draft *draft, const char *base, const char *suffix);

/* What stands for it in the end. */
nt_ref nt_draft_resolve(const nt_draft *draft, nt_ref ref);

void nt_draft_replace(nt_draft *draft, int32_t piece, nt_ref by);

/* How many inputs of pieces that are still there, and outputs, the piece is. */
int32_t nt_draft_readers(const nt_draft *draft, int32_t piece);

/* Takes away what the output doesn't need. */
void nt_draft_sweep(nt_draft *draft);

/* The layer of the network that it came from, `name`, with a node that the piece may be. */
nt_status nt_draft_network(const nt_draft *draft, nt_network **ret, nt_weights **ret_weights,
                           char why[NT_WHY]);

#endif
