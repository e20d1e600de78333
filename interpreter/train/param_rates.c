/* Patterns are held against names; what they come to is a number for each state, so that two
 * recipes that say the same by other patterns are the same. */
#include "param_rates.h"

#include <string.h>

/* --- patterns --------------------------------------------------------------------------------- */

bool nt_param_matches(const char *name, const char *pattern) {
    const char *dot = strrchr(name, '.');
    char layer[512];
    if (nt_text_matches(name, pattern))
        return true;
    if (!dot || (size_t)(dot - name) >= sizeof layer)
        return false;
    memcpy(layer, name, (size_t)(dot - name));
    layer[dot - name] = '\0';
    return nt_text_matches(layer, pattern);
}

static bool is_frozen(const nt_recipe *recipe, const nt_state *state) {
    for (int32_t i = 0; i < recipe->frozen_count; i++)
        if (nt_param_matches(state->name, recipe->frozen[i].pattern))
            return true;
    return false;
}

static double rate_of(const nt_recipe *recipe, const nt_state *state) {
    double rate = 1;
    if (is_frozen(recipe, state))
        return 0;
    for (int32_t i = 0; i < recipe->rate_count; i++)
        if (nt_param_matches(state->name, recipe->rates[i].pattern))
            rate = recipe->rates[i].rate;
    return rate;
}

const double *nt_param_rates_find(const nt_recipe *recipe, const nt_network *network,
                                  nt_arena *arena) {
    double *rates = NT_ARENA_ARRAY(arena, double, network->state_count + 1);
    for (size_t i = 0; rates && i < network->state_count; i++)
        rates[i] = rate_of(recipe, &network->states[i]);
    return rates;
}

void nt_param_rates_describe(const nt_recipe *recipe, const nt_network *network, nt_text *text) {
    for (size_t i = 0; i < network->state_count; i++) {
        const nt_state *state = &network->states[i];
        double rate = rate_of(recipe, state);
        if (rate == 0)
            nt_text_printf(text, "%s frozen\n", state->name);
        else if (rate != 1 && state->role == NT_WEIGHT)
            nt_text_printf(text, "%s %a\n", state->name, rate);
        if (state->keeps_zeros)
            nt_text_printf(text, "%s keeps its zeros\n", state->name);
    }
}

/* --- checking --------------------------------------------------------------------------------- */

/* The layers' names and the states', NULL-terminated; NULL when out of memory. */
static const char **list_names(const nt_network *network, nt_arena *arena) {
    size_t count = 0;
    const char **names =
        NT_ARENA_ARRAY(arena, const char *, network->layer_count + network->state_count + 1);
    for (size_t i = 0; names && i < network->layer_count; i++)
        names[count++] = network->layers[i].name;
    for (size_t i = 0; names && i < network->state_count; i++)
        names[count++] = network->states[i].name;
    return names;
}

static nt_status check_pattern(const nt_named_rate *of, bool weights, const nt_network *network,
                               nt_error *error) {
    nt_arena arena;
    for (size_t i = 0; i < network->state_count; i++)
        if ((!weights || network->states[i].role == NT_WEIGHT) &&
            nt_param_matches(network->states[i].name, of->pattern))
            return NT_OK;
    nt_error_at(error, NT_INVALID, of->location, "the network '%s' has no layer%s '%s'",
                network->name, weights ? " with a weight, and no weight," : " and no parameter",
                of->pattern);
    nt_arena_init(&arena);
    const char **names = list_names(network, &arena);
    if (names)
        nt_error_suggest(error, of->pattern, names);
    nt_arena_finish(&arena);
    return NT_INVALID;
}

/* Whether anything is trained. */
static nt_status check_rest(const nt_recipe *recipe, const nt_network *network, nt_error *error) {
    for (size_t i = 0; i < network->state_count; i++)
        if (network->states[i].role == NT_WEIGHT && !is_frozen(recipe, &network->states[i]))
            return NT_OK;
    if (recipe->frozen_count == 0)
        return NT_OK;
    nt_error_at(error, NT_INVALID, recipe->frozen[0].location,
                "all of the network is frozen, so nothing would be trained");
    nt_error_hint(error, "leave some layers out of 'frozen'");
    return NT_INVALID;
}

nt_status nt_param_rates_check(const nt_recipe *recipe, const nt_network *network,
                               nt_error *error) {
    nt_status status = NT_OK;
    for (int32_t i = 0; i < recipe->frozen_count; i++)
        if (check_pattern(&recipe->frozen[i], false, network, error) != NT_OK)
            status = NT_INVALID;
    for (int32_t i = 0; i < recipe->rate_count; i++)
        if (check_pattern(&recipe->rates[i], true, network, error) != NT_OK)
            status = NT_INVALID;
    return status == NT_OK ? check_rest(recipe, network, error) : status;
}
