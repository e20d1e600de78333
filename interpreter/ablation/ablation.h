/* The kinds of ablation: what may become of a layer, each an edit of the graph. One file a kind,
 * ablation_NAME.c, which exports one `const nt_ablation nt_ablation_NAME`; ablation/meson.build
 * lists the names. Whatever is said of kinds anywhere (what scripts may write, words and JSON of
 * results, names of tensors, order of cases, help) follows from these descriptors. */
#ifndef NT_ABLATION_H
#define NT_ABLATION_H

#include "kind.h"
#include "network.h"

typedef struct nt_ablation nt_ablation;
typedef struct nt_weights nt_weights;

/* What becomes of one node. */
typedef struct nt_edit {
    int32_t node;
    const nt_ablation *kind;
    const void *options; /* the kind's record; may be NULL where it has no fields */
} nt_edit;

/* What an edit is given: a node of the network, and where to put what stands for it. */
typedef struct nt_editing nt_editing;

/* What kinds keep from one call to the next, of the same network and weights. Empty at first;
 * whoever has it finishes its arena. */
typedef struct nt_ablation_kept {
    const nt_ablation *kind;
    void *what;
    struct nt_ablation_kept *next;
} nt_ablation_kept;

typedef struct nt_ablation_memo {
    nt_arena arena;
    nt_ablation_kept *kept;
} nt_ablation_memo;

/* What the tensor that an edit asked for is made of. */
typedef struct nt_derivation {
    const nt_edit *edit;
    int32_t node;              /* whose parameter it is: the edit's, or one that it reaches */
    const nt_state *state;     /* the tensor that it stands for */
    const nt_tensor *trained;  /* its values, */
    const nt_tensor *past;     /* and those of the epoch that the kind asks for; NULL: not known */
    const nt_weights *weights; /* all that are trained */
    nt_ablation_memo *memo;
} nt_derivation;

/* Needs. */
enum {
    NT_NEEDS_INITIAL = 1,    /* the values of an earlier time, `epoch` says which */
    NT_NEEDS_CALIBRATION = 2 /* training images: it asks for mean outputs (nt_editing_mean) */
};

struct nt_ablation {
    nt_kind kind;       /* doc: what becomes of a layer; its record: the options */
    const char *layers; /* what it is done to: "convolutions and linear layers" */
    unsigned needs;
    bool keeps_zeros; /* zeros of the kernel that it makes are meant: training on keeps them */

    /* A text option that says which node another one gives something to; where a script leaves it
     * at "", the nodes that it lists stand for it: each, in the network's order, gets the name of
     * the one that is listed in its place. NULL: none. */
    const char *listed;

    /* Whether it can be done to a node, and what is said of one to which it can't: "has no kernel
     * to zero". */
    bool (*fits)(const nt_graph *graph, const nt_node *node);
    const char *unfit;

    /* Where a block's name may stand for the one node in it that fits: what such a node is called,
     * "sum", and what is said of a block that has none. NULL: nowhere. */
    const char *in_block, *block_unfit;

    /* Whether these options leave a node as it is, whatever its kernel; NULL: none do. */
    bool (*idle)(const nt_graph *graph, int32_t node, const void *options, nt_ablation_memo *memo);

    /* Marks the nodes that it changes beside its own (ret_nodes: one for each node of the graph,
     * false): of these, too, `edit` is asked what stands for them. Several edits may reach a node
     * that doesn't fit; then all are made of it. NULL: none. ret_origin: the node that stands for
     * all of which the edit would be the same. NT_NO_MEMORY or NT_OK. */
    nt_status (*reach)(const nt_graph *graph, const nt_edit *edit, nt_ablation_memo *memo,
                       bool *ret_nodes, int32_t *ret_origin);

    /* Puts something in the node's place; edit.h says by what means. NT_INVALID with a reason. */
    nt_status (*edit)(const nt_editing *editing, nt_value *ret);

    /* Of a kind that needs such values: after how many epochs of training; NULL: before any. */
    int32_t (*epoch)(const void *options);

    /* Fills a tensor that `edit` asked for; NULL: it asks for none. NT_NO_MEMORY or NT_OK. */
    nt_status (*derive)(const nt_derivation *from, nt_tensor to);
};

extern const nt_kind *const nt_ablations[];

static inline const nt_ablation *nt_ablation_find(const char *name) { /* NULL: no such one */
    return (const nt_ablation *)nt_kind_find(nt_ablations, NULL, name);
}

enum { NT_MOST_ABLATIONS = 64, NT_MOST_ABLATION_OPTIONS = 32 };

int nt_ablation_count(void);

/* Its place in the table. */
int nt_ablation_index(const nt_ablation *kind);

/* --- options of all kinds --------------------------------------------------------------------- */

/* The names of all options, each once, in byte order; returns how many. */
int nt_ablation_options(const char *ret_names[NT_MOST_ABLATION_OPTIONS]);

/* The names of the kinds that have the option (NULL: of all): "'a', 'b' and 'c'", with `last` for
 * the "and". Returns how many there are. */
enum { NT_ABLATION_NAMES = 512 };
int nt_ablation_names(const char *option, const char *last, char ret[NT_ABLATION_NAMES]);

#endif
