/* What `shrink` is given: a network, its weights, what is to be removed of it and images, each
 * named on the command line or taken from a run. */
#ifndef NT_SHRINK_GIVEN_H
#define NT_SHRINK_GIVEN_H

#include "command.h"
#include "shrink_print.h"
#include "shrink_run.h"

typedef struct nt_shrink_given {
    const nt_arguments *arguments;
    const nt_shrink_options *options;
    nt_arena *arena;
    const nt_progress *progress;
    nt_shrink_run run; /* of no folder: none is named */
    nt_network *network;
    nt_weights *weights;
    nt_edits edits;
    const char *from; /* the run's cases; NULL: none */
    nt_dataset *dataset;
    nt_loader *loader; /* NULL: images are random */
    bool has_metric;   /* the images say what the network should answer, */
    nt_metric metric;  /* and this is to be measured; */
    double margin;     /* a change within it is trivial */
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
} nt_shrink_given;

/* arguments, options, arena and progress are set. NT_USAGE where something is neither named nor in
 * a run. */
nt_status nt_shrink_given_check(const nt_shrink_given *given, nt_error *error);
nt_status nt_shrink_given_load(nt_shrink_given *given, nt_error *error);
void nt_shrink_given_finish(nt_shrink_given *given);

#endif
