/* At which share of the learning rate each tensor of a network's state is trained: 1, or what the
 * recipe's `rates` say; 0 of what is `frozen`.
 *
 * A batch normalisation whose running mean is frozen takes its running statistics in training too,
 * as in evaluation, and they stay; one of which only the weight or the bias is frozen goes on with
 * its batch's. */
#ifndef NT_PARAM_RATES_H
#define NT_PARAM_RATES_H

#include "network.h"
#include "recipe.h"

/* Whether a pattern of a recipe means the state: `*` stands for any text, and it is the state's
 * name that matches, "layer1.0.conv1.weight", or that of its layer, "layer1.0.conv1". */
bool nt_param_matches(const char *name, const char *pattern);

/* Whether every pattern means something: of `rates` a weight, of `frozen` any state; and whether
 * anything is trained. NT_INVALID, at the pattern, with the near names. */
nt_status nt_param_rates_check(const nt_recipe *recipe, const nt_network *network, nt_error *error);

/* One share for each state of the network, in `arena`; NULL when out of memory. Where several of
 * the `rates` mean a state, the last one counts; where one of `frozen` does, that. */
const double *nt_param_rates_find(const nt_recipe *recipe, const nt_network *network,
                                  nt_arena *arena);

/* Appends a line for each state that is not trained as usual, "conv1.weight frozen"; nothing if all
 * are: for identities. */
void nt_param_rates_describe(const nt_recipe *recipe, const nt_network *network, nt_text *text);

#endif
