/* Ablation hooks: a Lua script that maps a network to a list of cases.
 *
 *     return function(net, options)
 *       return {{name = "stem", zero = {net:node("conv1")}}}, "an optional remark"
 *     end
 *
 * A hook is a pure function: run twice on the same network with the same options, it gives the same
 * cases, so that a plan can be listed without running it, hashed, and resumed. */
#ifndef NT_HOOK_H
#define NT_HOOK_H

#include "expression.h"
#include "hash.h"
#include "network.h"
#include "report.h"

/* One option that the suite gives: a scalar, or a list of them. */
typedef struct nt_hook_option {
    const char *name;
    const nt_scalar *items;
    int count;
    bool list;
    nt_place place; /* where the suite says it */
} nt_hook_option;

/* One case: the layers whose kernels are zero. */
typedef struct nt_case {
    const char *name;
    const int32_t *layers; /* indices of the network's layers, ascending, each once */
    int32_t layer_count;
} nt_case;

typedef struct nt_cases {
    nt_arena arena;
    nt_case *items;
    int32_t count;
    const char *remark;         /* what the script says of it all, or "" */
    char digest[NT_DIGEST_HEX]; /* of the script's text */
} nt_cases;

/* Runs the script at `path`. Its mistakes are NT_INVALID, at its line where it has one; `trail`
 * says who asked for it, what it prints goes to the notes of `report`. Both may be NULL. */
nt_status nt_hook_run(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_trail *trail, const nt_report *report,
                      nt_cases *ret, nt_error *error);
void nt_cases_finish(nt_cases *cases);

#endif
