/* Dropout of more than single elements: of whole channels, or of samples with all that they have.
 * What is dropped together is zeroed with a probability, and what is kept is scaled by
 * 1 / (1 - probability). Which that is, is a function of the step's draw, the node's path and the
 * place in the batch. Each sample of a batch gets its own, even where the input is the same for
 * all: the output is always batched. */
#ifndef NT_DROPOUT_CHANNELS_H
#define NT_DROPOUT_CHANNELS_H

#include "attrs.h"
#include "op.h"

typedef enum nt_drop {
    NT_DROP_CHANNELS, /* each channel of each sample by itself */
    NT_DROP_SAMPLES,  /* each sample */
    NT_DROP_BATCH     /* all samples, or none */
} nt_drop;

nt_need nt_dropout_channels_need(const nt_tensor *out);

/* Of ops whose attributes begin with an nt_dropout_attrs, and whose scratch memory is that. */
void nt_dropout_channels_forward(nt_drop what, const nt_call *call);
void nt_dropout_channels_backward(nt_drop what, const nt_grad_call *call);

#endif
