/* How far runs are, in words and as JSON. */
#ifndef NT_RUN_STATE_PRINT_H
#define NT_RUN_STATE_PRINT_H

#include "run_state.h"
#include <jansson.h>

/* "training: 1 of 3 seeds, epoch 12 of 30"; "finished". */
void nt_run_state_add_stage(const nt_run_state *state, nt_text *text);

void nt_add_bytes(nt_text *text, int64_t bytes); /* "12.3 MB" */
void nt_add_time(nt_text *text, int64_t time);   /* of the machine's zone: "2026-11-30 01:42" */

json_t *nt_run_state_json(const nt_run_state *state); /* a new reference, or NULL */

#endif
