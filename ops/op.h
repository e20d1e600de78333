/* The contract between an op and everybody else. One file, ops/op_NAME.c, holds all that is known
 * of an op and exports one `const nt_op nt_op_NAME`; ops/meson.build lists the names, and the table
 * of ops is generated from that list (kind.h). Ops are pure: outputs are a function of inputs and
 * attributes, nothing is kept between calls, nothing global is written, and no op ever learns that
 * it is being ablated.
 *
 * A node's inputs are its data inputs, in the order in which the user wrote them, then the op's
 * parameters in the order in which `params` lists them.
 *
 * Bits: an op cuts its work into nt_parallel jobs by shape, never by the number of threads, and a
 * sample's result never depends on how many others are in the batch (unless the op says that it
 * works on the batch, as batch statistics do). */
#ifndef NT_OP_H
#define NT_OP_H

#include "kind.h"
#include "tensor.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NT_MAX_INPUTS = 64, NT_MAX_OUTPUTS = 8, NT_MAX_PARAMS = 6, NT_WHY = 200 };

/* --- parameters ------------------------------------------------------------------------------- */

typedef enum nt_role {
    NT_WEIGHT, /* trained */
    NT_BUFFER, /* kept beside the weights, not trained: running statistics */
    NT_COUNTER /* one integer that is only kept (num_batches_tracked); never an input of the node */
} nt_role;

typedef enum nt_init {
    NT_INIT_CONSTANT, /* all equal `scale` */
    NT_INIT_NORMAL,   /* mean 0, deviation `scale` */
    NT_INIT_UNIFORM   /* from -`scale` to `scale` */
} nt_init;

typedef struct nt_param {
    const char
        *name; /* PyTorch's: weight, bias, running_mean …, after the node's; "": it has that */
    nt_type type;
    nt_role role;
    nt_init init;
    double scale;
    bool variance; /* no element may be below 0 */
} nt_param;

/* What stands between the node's name and the parameter's. */
static inline const char *nt_param_dot(const nt_param *param) {
    return param->name[0] ? "." : "";
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Memory that a call may scribble on: `shared` bytes in all, and `per_worker` bytes for each
 * thread. */
typedef struct nt_need {
    size_t shared, per_worker;
} nt_need;

typedef struct nt_scratch {
    char *shared;  /* aligned to 64 bytes */
    char *workers; /* worker w's part starts at workers + w * per_worker */
    size_t per_worker;
} nt_scratch;

/* What an op that works on the batch gathers where this is but a shard of a batch, of `shards`
 * equal ones: numbers, two shards' joined to one's, in a tree (nt_op.join). Then the op is called
 * twice. The first call, not `joined`, sets the numbers of its own shard and nothing else but
 * scratch memory, which the second finds as it was left; that one finds the numbers of all shards.
 */
typedef struct nt_gathering {
    double *numbers;
    int32_t shards;
    bool joined;
} nt_gathering;

/* One execution. Tensors of batched values hold the same `count` of samples; others hold 1. An
 * input that is not batched stands for each sample alike. Outputs never overlap inputs, except that
 * an op with NT_OP_IN_PLACE may find its first output on its first input. */
typedef struct nt_call {
    const void *attrs;
    const nt_tensor *in;
    nt_tensor *out; /* data NULL: this output is not wanted */
    int in_count, out_count;
    uint64_t draw; /* of a random op: changes with every training step */
    nt_scratch scratch;
    const nt_gathering *gathering; /* NULL: this is all of the batch */
} nt_call;

/* One execution of the gradient: given the gradient of a scalar to each output, that to each input.
 * Gradients overlap nothing, except that an op with NT_OP_GRAD_IN_PLACE may find that of its first
 * input on that of its first output. */
typedef struct nt_grad_call {
    const void *attrs;
    const nt_tensor *in, *out; /* data NULL unless grad_reads_in / grad_reads_out name them */
    const nt_tensor *out_grad; /* data NULL: zero everywhere */
    nt_tensor *in_grad;        /* data NULL: not wanted. Written, not added to */
    int in_count, out_count;
    uint64_t draw; /* the forward call's */
    nt_scratch scratch;
    const nt_gathering *gathering; /* as in nt_call */
} nt_grad_call;

/* --- the op ----------------------------------------------------------------------------------- */

enum {
    NT_OP_INTERNAL = 1 << 0, /* made by the program; not for YAML */
    NT_OP_SOURCE = 1 << 1,   /* its value is bound from outside: input, param */
    NT_OP_IN_PLACE = 1 << 2, /* the first output may lie on the first input */
    NT_OP_TRAINING = 1 << 3, /* stands for its input outside training: dropout */
    NT_OP_RANDOM = 1 << 4,   /* reads `draw` */
    NT_OP_LOSS = 1 << 5,     /* its last data input is the target; its first output is a scalar */
    NT_OP_SUM = 1 << 6,      /* the gradient of an input of the output's type is the output's own */
    NT_OP_GRAD_IN_PLACE = 1 << 7, /* the first input's gradient may lie on the first output's */
    NT_OP_JOINS = 1 << 8,         /* of one input it would be that input */
    NT_OP_IDEMPOTENT = 1 << 9,    /* of its own output it makes that once more, bit for bit */
    NT_OP_CHANNELWISE = 1 << 10, /* a channel of its outputs follows from that one of its inputs and
                                  * parameters, or from what they have for all channels */
    NT_OP_LIKE = 1 << 11         /* of its last input, if it has all of them, only rows and columns
                                  * count */
};

/* A case from which the generic tests derive shape, reference, gradient and threading checks. */
typedef struct nt_op_case {
    const char *attrs;  /* "channels=8 kernel=3 pad=1" */
    const char *inputs; /* shapes of the data inputs: "3x9x7 3x9x7"; NULL ends a list of cases */
    const char *output; /* the first output's shape: "8x9x7" */
} nt_op_case;

/* An output that, in training, is the next value of an input: running statistics. */
typedef struct nt_update {
    int output, input;
} nt_update;

typedef struct nt_op {
    nt_kind kind; /* its record: the attributes */
    int revision; /* raised when the same attributes come to mean something else */
    unsigned traits;
    int min_inputs, max_inputs; /* data inputs */

    /* The types of the outputs, from those of the data inputs. Returns how many outputs there are,
     * or 0 with `why` saying what does not fit: "kernel 7x7 is larger than the padded input 3x5x5".
     */
    int (*infer)(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]);

    /* The parameters; called after a successful `infer`. Returns how many. NULL: none. */
    int (*params)(const void *attrs, const nt_type *in, nt_param *ret_params);

    /* Multiply-adds of one sample, as the literature counts them. NULL: none worth counting. */
    int64_t (*multiply_adds)(const void *attrs, const nt_type *in, const nt_type *out);

    /* The same as the algorithm that is chosen executes them. NULL: it is `multiply_adds`. */
    int64_t (*executed)(const void *attrs, const nt_type *in, const nt_type *out);

    /* Which algorithm a call with these types takes, in the words of `nontrivial bench`:
     * "winograd". `grad`: which the gradient to the data takes. NULL: there is but one. */
    const char *(*algorithm)(const void *attrs, const nt_type *in, const nt_type *out, bool grad);

    /* Of an op whose output is, at each place, a function of its only input there, and which has no
     * parameters: what kernels/activation.h knows it by, never 0, and its numbers a and b there.
     * NULL: it is no such op. */
    int32_t (*activation)(const void *attrs, double ret_numbers[2]);

    /* Whether the first output is zero everywhere if all data inputs are, whatever the parameters
     * are, as long as they are finite. The zeros may be negative. NULL: it is not. */
    bool (*keeps_zero)(const void *attrs);

    /* Scratch memory, for calls whose tensors have types and counts but no data. NULL: none. */
    nt_need (*need)(const nt_call *call);
    nt_need (*grad_need)(const nt_grad_call *call);

    void (*forward)(const nt_call *call);
    void (*backward)(const nt_grad_call *call); /* NULL: no gradient passes */
    uint32_t grad_reads_in, grad_reads_out;     /* bit i: backward reads input / output i */

    /* Of an op that works on the batch: how many numbers a call, or one of the gradient, gathers
     * from the shards of one, given the first input's type; 0: with these attributes none. `join`:
     * those of two parts of the batch, equally large, become those of both; in either order the
     * same bits. NULL: a batch's other samples don't matter to the op. */
    int64_t (*gathers)(const void *attrs, const nt_type *in);
    void (*join)(bool gradient, const double *more, double *numbers, int64_t count);

    /* What YAML calls the outputs, by position: "NODE.indices" for one that has a name; "" for one
     * that has none, as the first, which is the node's. NULL ends the list; NULL itself: only the
     * first can be meant. An op need not have all of them with all attributes. */
    const char *const *output_names;

    nt_update updates[2];
    int update_count;

    const nt_op_case *cases;
} nt_op;

static inline bool nt_op_grad_reads_in(const nt_op *op, int i) {
    return i < 32 && (op->grad_reads_in >> i & 1);
}

/* An output's name, "" if it has none. */
static inline const char *nt_op_output_name(const nt_op *op, int output) {
    const char *const *name = op->output_names;
    while (name && *name && output-- > 0)
        name++;
    return name && *name ? *name : "";
}

/* Where worker w may scribble. */
static inline void *nt_scratch_of(const nt_scratch *scratch, int worker) {
    return scratch->workers + (size_t)worker * scratch->per_worker;
}

/* --- the registry ----------------------------------------------------------------------------- */

/* All ops, in the order of ops/meson.build. */
extern const nt_kind *const nt_ops[];

/* Attributes that others than the op itself know, by these names. */
#define NT_FIELD_PATH "path" /* a hidden text: its node's path, which names its random stream */
#define NT_FIELD_IGNORE                                                                            \
    "ignore" /* of a loss, an integer: the class that counts nowhere, or below 0 */

/* Each by its name, for those who need a certain one: nt_op_conv2d. */
#define X(name) extern const nt_op nt_op_##name;
#include "op_list.h"
#undef X

/* Filters of nt_ops. */
static inline bool nt_op_is_public(const nt_kind *kind) {
    return !(((const nt_op *)kind)->traits & NT_OP_INTERNAL);
}
static inline bool nt_op_is_loss(const nt_kind *kind) {
    return ((const nt_op *)kind)->traits & NT_OP_LOSS;
}

static inline const nt_op *nt_op_find(const char *name) { /* NULL: no such op */
    return (const nt_op *)nt_kind_find(nt_ops, NULL, name);
}

/* Checks a descriptor, but for its kind, against this contract: returns NULL, or what is wrong. */
const char *nt_op_flaw(const nt_op *op);

#endif
