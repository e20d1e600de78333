/* An outcome is kept sample by sample; what they say together is computed anew each time. */
#include "outcome.h"

#include "alloc.h"

nt_status nt_outcome_read(nt_store *store, const char *key, const char *numerics,
                          nt_scoring scoring, int32_t samples, nt_outcome *ret,
                          unsigned char *ret_outcomes, nt_error *error) {
    double loss;
    size_t size = (size_t)samples * (size_t)nt_score_bytes(scoring);
    unsigned char *outcomes = ret_outcomes ? ret_outcomes : nt_alloc(size);
    if (!outcomes)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading outcomes");
    nt_status status = nt_store_read(store, key, numerics, samples, outcomes, size, &loss, error);
    if (status == NT_OK)
        *ret = nt_score_total(scoring, outcomes, samples, loss);
    if (!ret_outcomes)
        nt_free(outcomes, size);
    return status;
}

const char *nt_outcome_failure(int32_t number, const char *name, nt_arena *arena) {
    if (number < 0)
        return "the logits of an image are not finite";
    return name ? nt_arena_printf(arena, "the logits of image %d ('%s') are not finite", number,
                                  name)
                : nt_arena_printf(arena, "the logits of image %d are not finite", number);
}
