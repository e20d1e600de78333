/* Which output channels an ablation of the kind `channels` takes out.
 *
 * They go by units: with `coupled` those of the layer's set (coupled_channels.h), otherwise each
 * channel of the layer is one, with those of the batch normalisations that read the layer. */
#ifndef NT_CHANNEL_CHOICE_H
#define NT_CHANNEL_CHOICE_H

#include "ablation.h"
#include "coupled_channels.h"

enum { NT_CRITERION_L1, NT_CRITERION_L2, NT_CRITERION_BATCH_NORM };

/* The kind's options: a list, from 0 on, or of the units the least that make the share. */
typedef struct nt_channel_options {
    double share;
    nt_ints list;
    int32_t criterion; /* NT_CRITERION_… */
    bool whole, coupled;
} nt_channel_options;

typedef struct nt_channel_units {
    const nt_graph *graph;
    int32_t node; /* the layer */
    const nt_channel_options *options;
    const nt_coupled *coupled; /* only with `coupled`, else NULL */
    int32_t set;
    int32_t places; /* units are numbered below this */
} nt_channel_units;

/* Of an edit of this kind. All in the memo. NT_NO_MEMORY or NT_OK. */
nt_status nt_channel_units_init(nt_channel_units *units, const nt_graph *graph, const nt_edit *edit,
                                nt_ablation_memo *memo);

/* The layer that stands for all of which the edit would be the same: the first of the set, where
 * the share is taken of it, or the edit's own. */
int32_t nt_channel_units_origin(const nt_channel_units *units);

/* The unit of a channel of the node's first output; -1: it is in none. */
int32_t nt_channel_unit(const nt_channel_units *units, int32_t node, int32_t channel);

/* Whether any of its channels is in one. */
bool nt_channel_units_have(const nt_channel_units *units, int32_t node);

/* Whether all units have a number by the criterion, which batch normalisation may lack. In `arena`.
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_channel_units_check(const nt_channel_units *units, nt_arena *arena, bool *ret);

/* ret_goes[unit]: whether the share takes it, the least of `numbers` first, of equal ones the one
 * that comes first; numbers NULL: all are equal. A unit is taken as long as no more channels than
 * the share are gone, but for half of it: of n units of one size floor(share * n + 0.5) go. With
 * `coupled` one that is all that is left of some layer isn't, unless the share is 1. Returns how
 * many are taken, -1 when out of memory. In `arena`. */
int32_t nt_channel_share_take(const nt_channel_units *units, const double *numbers, nt_arena *arena,
                              bool *ret_goes);

/* ret_goes: of each channel of the node's first output, whether it goes; the node is the edit's, or
 * one that it reaches. Of equal units the first go; one whose number is none is the last. In the
 * memo, where the choice is kept. NT_NO_MEMORY or NT_OK. */
nt_status nt_channels_choose(const nt_edit *edit, int32_t node, const nt_weights *weights,
                             nt_ablation_memo *memo, const bool **ret_goes);

#endif
