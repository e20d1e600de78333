/* Ablation hooks: a Lua script that maps a network to a list of cases.
 *
 *     return function(net, options)
 *       return {{name = "stem", zero = {net:node("conv1")}}}, "an optional remark"
 *     end
 *
 * In place of the remark there may be a table with one, and with the case that the others are
 * controls for: {remark = "…", control_of = "layer-blocks/block 3"}.
 *
 * A case has a `name` and lists nodes, or their names, under what is done to them: the names of the
 * kinds of ablation (ablation.h), with their options among the nodes or beside them.
 *
 * A hook is a pure function: run twice on the same network with the same options, it gives the same
 * cases, so that a plan can be listed without running it, hashed, and resumed. */
#ifndef NT_HOOK_H
#define NT_HOOK_H

#include "ablation.h"
#include "expression.h"
#include "hash.h"
#include "network.h"
#include "progress.h"

/* One option that the suite gives: a scalar, or a list of them. */
typedef struct nt_hook_option {
    const char *name;
    const nt_scalar *items;
    int count;
    bool list;
    nt_location location; /* where the suite says it */
} nt_hook_option;

/* One case: what is done to which layers. */
typedef struct nt_case {
    const char *name;
    const int32_t *layers; /* indices of the network's layers, ascending, each once */
    const nt_edit *edits;  /* what is done to each of them */
    int32_t count;         /* at least 1 */
} nt_case;

typedef struct nt_cases {
    nt_arena arena;
    nt_case *items;
    int32_t count;
    bool asks;                /* the script asks while it runs */
    const char *remark;       /* what the script says of it all, or "" */
    const char *control_of;   /* the case that these are controls for: "GROUP/CASE", or one of
                               * these cases; or "" */
    const char *const *notes; /* what a user should know of them: cases that are alike, or change
                               * nothing, or that there are none; a line each */
    int32_t note_count;
    const int32_t *like; /* of each case: the first that changes the same, itself or one before it;
                          * -1: it changes nothing. NULL: there are no cases */
    char digest[NT_DIGEST_HEX]; /* of the script's text */
} nt_cases;

/* What a script may use in its whole life, from being read to its last case; the time in which it
 * waits for answers is not its own. */
typedef struct nt_hook_limits {
    double instructions; /* of Lua's virtual machine: see sandbox.h */
    double seconds;      /* of processor time */
    double memory;       /* gigabytes, of 2^30 bytes */
    int32_t questions;   /* that it asks: see below */
} nt_hook_limits;

extern const nt_hook_limits nt_hook_usual; /* 1e8, 10 s, 0.25, 100,000 */

/* Runs the script at `path` to its end. Its mistakes are NT_INVALID, at its line where it has one;
 * `trail` says who asked for it, what it prints goes to the notes of `report`. Both may be NULL,
 * and so may `limits`, for the usual ones. A script that asks (see below) is NT_OK with `asks` and
 * no cases: they are not known before. A signal that nt_signals_catch caught ends it, with
 * NT_INTERRUPTED or NT_TERMINATED and no diagnostic. */
nt_status nt_hook_run(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_hook_limits *limits, const nt_trail *trail,
                      const nt_progress *progress, nt_cases *ret, nt_error *error);
void nt_cases_finish(nt_cases *cases);

/* --- hooks that ask --------------------------------------------------------------------------- */

/* A script may ask what a case would give, and go on from the answer:
 *
 *     local r = net:evaluate{zero = {conv}}                            r.value, r.change, …
 *     local list = net:evaluate_all{{zero = {a}}, {zero = {b}}}
 *
 * It then runs as a coroutine that its caller drives: nt_hook_next runs it until it asks or ends. A
 * question is a case whose name is ""; one that edits nothing (its `count` is 0) asks for the
 * baseline. Given the same answers, a script asks the same questions. */
typedef struct nt_answer {
    const char *metric; /* "accuracy", "dice": the script may also call the value so */
    double value, loss;
    int64_t correct, total;
    double change;       /* of the value, against the baseline on the same samples */
    const char *failure; /* why it can't be answered, raised in the script; NULL: it is */
} nt_answer;

typedef struct nt_hook nt_hook;

/* All that it is given but `path` must outlive the hook. */
nt_status nt_hook_new(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_hook_limits *limits, const nt_trail *trail,
                      const nt_progress *progress, nt_hook **ret, nt_error *error);
void nt_hook_free(nt_hook *hook); /* takes NULL */

/* Goes on with the answers to the last questions, one each in their order (at first none, NULL).
 * ret_questions: what it asks now, the hook's and valid until the next call; `count` 0: it has
 * ended. After a failure a hook can only be freed. */
nt_status nt_hook_next(nt_hook *hook, const nt_answer *answers, nt_cases *ret_questions,
                       nt_error *error);

/* What an ended hook returned; the caller's. Once. */
nt_status nt_hook_result(nt_hook *hook, nt_cases *ret, nt_error *error);

#endif
