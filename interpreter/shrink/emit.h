/* From an edited network, of whose channels it is known what becomes of them, to a draft of the
 * smaller one: every node that stays, over the channels that are kept, and in the place of what is
 * left out the constants that it always was. */
#ifndef NT_EMIT_H
#define NT_EMIT_H

#include "constants.h"
#include "draft.h"

typedef struct nt_emission {
    const nt_channel_flow *flow;
    const nt_constants *constants;
    nt_binding binding;
    nt_draft *draft; /* filled in */
} nt_emission;

/* NT_INVALID with a reason where it can't be said in the language. */
nt_status nt_emit(const nt_emission *emission, nt_error *error);

#endif
