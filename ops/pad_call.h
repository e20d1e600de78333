/* What the ops that pad maps have in common: attributes and shapes; and the padding that repeats
 * what the maps hold, which knows for each row and column of the output that of the input it is a
 * copy of. */
#ifndef NT_PAD_CALL_H
#define NT_PAD_CALL_H

#include "op.h"

enum { NT_PAD_MOST = 1 << 16 };

typedef struct nt_pad_attrs {
    int32_t before[2], after[2]; /* rows, columns */
} nt_pad_attrs;

/* The field table; `what` is what the rows and columns consist of: " of zeros". */
/* clang-format off */
#define NT_PAD_FIELDS(what)                                                                        \
    {"top", NT_INT, offsetof(nt_pad_attrs, before[0]), "0", 0, NT_PAD_MOST,                        \
     .doc = "rows" what " above"},                                                                 \
    {"bottom", NT_INT, offsetof(nt_pad_attrs, after[0]), "0", 0, NT_PAD_MOST,                      \
     .doc = "rows" what " below"},                                                                 \
    {"left", NT_INT, offsetof(nt_pad_attrs, before[1]), "0", 0, NT_PAD_MOST,                       \
     .doc = "columns" what " on the left"},                                                        \
    {"right", NT_INT, offsetof(nt_pad_attrs, after[1]), "0", 0, NT_PAD_MOST,                       \
     .doc = "columns" what " on the right"}
/* clang-format on */

/* As many rows and columns on each side as the attributes say, or as make the maps as large as a
 * second input, half of them, rounded down, above and on the left. */
int nt_pad_infer(const nt_pad_attrs *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]);

/* The input's first row (d = 0) or column in the output. */
int32_t nt_pad_first(const nt_pad_attrs *attrs, nt_shape in, nt_shape out, int in_count, int d);

typedef enum nt_pad_repeat {
    NT_PAD_REFLECT,  /* about the first and the last, without repeating these */
    NT_PAD_REPLICATE /* the first and the last */
} nt_pad_repeat;

void nt_pad_repeat_forward(nt_pad_repeat repeat, const nt_call *call);

/* No gradient passes to a second input. */
nt_need nt_pad_repeat_grad_need(const nt_grad_call *call);
void nt_pad_repeat_backward(nt_pad_repeat repeat, const nt_grad_call *call);

#endif
