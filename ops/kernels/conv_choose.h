/* Which algorithm computes a convolution: a table, looked up by shape, never by the number of
 * samples or threads, so that neither changes a bit of a sample's result. */
#ifndef NT_CONV_CHOOSE_H
#define NT_CONV_CHOOSE_H

#include "conv.h"

typedef enum nt_conv_pass { NT_FORWARD_PASS, NT_DATA_PASS, NT_WEIGHT_PASS } nt_conv_pass;

/* In the order in which they are asked. */
typedef enum nt_conv_algorithm {
    NT_DEPTHWISE_ALGORITHM, /* depthwise.h */
    NT_JOINED_ALGORITHM,    /* conv_joined.h */
    NT_TOEPLITZ_ALGORITHM,  /* winograd.h */
    NT_WINOGRAD_ALGORITHM,  /* the same */
    NT_STRIDED_ALGORITHM,   /* the same */
    NT_DIRECT_ALGORITHM     /* conv_direct.h: takes what is left */
} nt_conv_algorithm;

nt_conv_algorithm nt_conv_choose(const nt_conv_shape *shape, nt_conv_pass pass);
const char *nt_conv_algorithm_name(nt_conv_algorithm which); /* "winograd" */

#endif
