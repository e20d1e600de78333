/* Where, in a batch, values that are not finite began. */
#ifndef NT_CULPRIT_H
#define NT_CULPRIT_H

#include "scheduler.h"

/* Whose values are looked at. */
typedef struct nt_suspects {
    int32_t output; /* of nodes that this output depends on; -1: of all */
    int32_t sample; /* this sample's, and those that stand for all alike; -1: every sample's */
} nt_suspects;

/* Runs the batch again, all of it, and finds the first node with a value that is not finite; NULL:
 * there is none. `graph` is the run's. */
nt_status nt_culprit_find(nt_run *run, const nt_graph *graph, const nt_feed *feeds, int feed_count,
                          int32_t count, nt_suspects suspects, const nt_node **ret,
                          nt_error *error);

/* Says of one image, which is a sample of the one feed, where it began that its logits are not
 * finite: "the logits of IMAGE are not finite: the first such value is in 'conv1' (conv2d)".
 * NT_FAILED, unless the batch can't be run again. */
nt_status nt_culprit_say(nt_run *run, const nt_graph *graph, const nt_feed *feed, int32_t count,
                         nt_suspects suspects, const char *image, nt_error *error);

#endif
