/* How a run was made, where the setup and the provenance don't say it: data, recipe, processor. In
 * the suite's words, with every default. */
#ifndef NT_METHOD_H
#define NT_METHOD_H

#include "option.h"

/* One of a family: a data set, an optimiser, an augmentation. */
typedef struct nt_method_part {
    const char *kind; /* NULL: none */
    const nt_option *options;
    int32_t option_count;
} nt_method_part;

/* Of the loss. */
typedef struct nt_method_term {
    nt_method_part op;
    double weight;
    const char *of; /* the output's name; NULL: the first */
} nt_method_term;

typedef struct nt_method_training {
    int32_t images; /* that were trained on; 0: nothing was, or it isn't known */
    int32_t epochs, batch;
    int32_t shards;        /* that a batch was cut into; 0: it wasn't */
    bool batch_statistics; /* of the whole batch all the same */
    const nt_method_term *loss;
    int32_t loss_count;
    nt_method_part optimiser, schedule;
    const nt_method_part *augment;
    int32_t augment_count;
    const char *from; /* the file of the weights that it began with; NULL: a seed drew them */
} nt_method_training;

typedef struct nt_method {
    const char *processor; /* NULL: none of this is known */
    const int32_t *shape;  /* of an image: channels, rows, columns */
    int32_t rank;
    nt_method_part data;
    const char *root;         /* their folder, without those above; NULL: none, or not known */
    nt_method_part normalise; /* `image`, or `channels` with means and deviations */
    int32_t limit, first;     /* so many were drawn, or are the first; both 0: all */
    nt_method_training training;
} nt_method;

#endif
