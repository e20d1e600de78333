#include "trial.h"

#include "alloc.h"
#include "attrs.h"
#include "parallel.h"
#include "random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 256, GUARD_BYTE = 0xA5 }; /* as much as a kernel may read past the end */

double trial_noise(uint64_t seed, uint64_t i) {
    uint32_t words[4];
    nt_philox(seed, 0, i, words);
    return (words[0] + 0.5) / 4294967296.0;
}

static char *const *only;

void trial_only(char *const *names) {
    only = names;
}

static bool is_wanted(const nt_kind *kind) {
    for (char *const *name = only; name && *name; name++)
        if (strcmp(*name, kind->name) == 0)
            return true;
    return !only;
}

void trial_each(void (*visit)(const trial_spec *spec)) {
    for (const nt_kind *const *kind = nt_ops; *kind; kind++) {
        const nt_op *op = (const nt_op *)*kind;
        for (const nt_op_case *cas = op->cases; is_wanted(*kind) && cas && cas->inputs; cas++) {
            bool norm = strcmp(op->kind.name, "batch_norm") == 0;
            trial_spec spec = {.op = op, .cas = cas, .count = 5, .seed = 1};
            for (int32_t i = 0; i < (norm ? 3 : 1); i++) {
                spec.statistics = i;
                visit(&spec);
            }
        }
    }
}

/* --- making ----------------------------------------------------------------------------------- */

static bool is(const trial *t, const char *op) {
    return strcmp(t->spec.op->kind.name, op) == 0;
}

static void guard(char *end) {
    memset(end, GUARD_BYTE, GUARD);
}

static void expect_guard(const char *end) {
    for (int i = 0; i < GUARD; i++)
        if ((unsigned char)end[i] != GUARD_BYTE)
            fail_msg("written past the end of a block");
}

static void *block_of(trial *t, size_t size) {
    char *block = nt_alloc(size + GUARD);
    assert_non_null(block);
    guard(block + size);
    assert_true((size_t)t->block_count < sizeof t->blocks / sizeof *t->blocks);
    t->blocks[t->block_count] = block;
    t->block_sizes[t->block_count++] = size;
    return block;
}

size_t trial_bytes(const nt_tensor *tensor) {
    return (size_t)(tensor->count * nt_type_stored(tensor->type)) * sizeof(float);
}

static void give_memory(trial *t, nt_tensor *tensor) {
    tensor->data = block_of(t, trial_bytes(tensor));
    memset(tensor->data, 0xFF, trial_bytes(tensor));
}

/* "3x9x7", "scalar" */
static nt_shape shape_of(const char *text) {
    nt_shape shape = nt_shape_of(0, NULL);
    char *end = NULL;
    for (; strcmp(text, "scalar") != 0 && *text; text = *end == 'x' ? end + 1 : end) {
        shape.dim[shape.rank++] = (int32_t)strtol(text, &end, 10);
        assert_true(end != text && shape.rank <= NT_MAX_RANK);
    }
    return shape;
}

/* Inputs from number `first` on hold one each for all samples. */
static void make_params(trial *t, int first) {
    for (int i = first; i < t->data_count; i++) {
        t->in[i].type = nt_type_param(t->in[i].type.shape);
        t->in[i].count = 1;
    }
}

/* A kernel, of as many groups, and vectors. */
static void make_weights(trial *t, int first, int32_t groups) {
    make_params(t, first);
    t->in[first].type.layout = NT_KERNEL;
    t->in[first].type.groups = groups;
}

/* The types of the data inputs, from "5x7x3 5x7x3". */
static void read_inputs(trial *t) {
    const trial_spec *spec = &t->spec;
    char *copy = nt_arena_string(&t->arena, spec->cas->inputs), *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(t->data_count < TRIAL_INPUTS);
        int i = t->data_count++;
        t->in[i].type = nt_type_map(shape_of(word));
        t->in[i].type.batched = !(spec->unbatched >> i & 1);
        t->in[i].count = t->in[i].type.batched ? spec->count : 1;
    }
    if (spec->op->traits & NT_OP_LOSS)
        t->in[t->data_count - 1].type.dtype = NT_I32;
    if (is(t, "max_unpool"))
        t->in[1].type.dtype = NT_I32;
    if (is(t, "fold_batch_norm"))
        make_weights(t, 0, t->in[0].type.shape.dim[0] % 2 == 0 ? 2 : 1);
    if (is(t, "fused_conv2d"))
        make_weights(t, t->in[1].type.shape.rank == 4 ? 1 : 2, 1);
    if (is(t, "fused_batch_norm"))
        make_params(t, t->data_count - 2);
    t->in_count = t->data_count;
}

static void read_attrs(trial *t) {
    const nt_op *op = t->spec.op;
    char why[NT_FIELD_WHY] = "";
    t->attrs = nt_arena_alloc(&t->arena, op->kind.size + 1);
    assert_true(nt_fields_default(op->kind.fields, t->attrs, &t->arena));
    if (!nt_fields_parse(op->kind.fields, t->attrs, &t->arena, t->spec.cas->attrs, why))
        fail_msg("%s %s: %s", op->kind.name, t->spec.cas->attrs, why);
    if (is(t, "batch_norm"))
        ((nt_batch_norm_attrs *)t->attrs)->statistics = t->spec.statistics;
    if (is(t, "conv2d") || is(t, "fused_conv2d")) /* whose attributes begin with a conv2d's */
        ((nt_conv2d_attrs *)t->attrs)->moments = t->spec.moments;
}

static void infer(trial *t) {
    const nt_op *op = t->spec.op;
    nt_type in[TRIAL_INPUTS], out[NT_MAX_OUTPUTS];
    nt_param params[NT_MAX_PARAMS];
    char why[NT_WHY] = "", shape[NT_SHAPE_TEXT];
    for (int i = 0; i < t->data_count; i++)
        in[i] = t->in[i].type;
    t->out_count = op->infer(t->attrs, in, t->data_count, out, why);
    if (t->out_count == 0)
        fail_msg("%s %s: %s", op->kind.name, t->spec.cas->attrs, why);
    assert_string_equal(nt_shape_format(out[0].shape, shape), t->spec.cas->output);
    for (int i = 0; i < t->out_count; i++) {
        t->out[i] = (nt_tensor){.type = out[i], .count = out[i].batched ? t->spec.count : 1};
        t->out_grad[i] = t->out[i];
    }
    int count = op->params ? op->params(t->attrs, in, params) : 0;
    for (int i = 0; i < count; i++)
        if (params[i].role != NT_COUNTER)
            t->in[t->in_count++] = (nt_tensor){.type = params[i].type, .count = 1};
}

/* Fills a sample with an even spread over (-2, 2), shuffled. */
static void spread(float *to, int64_t elements, uint64_t seed) {
    for (int64_t i = 0; i < elements; i++)
        to[i] = (float)(((double)i + 0.25) / (double)elements * 4 - 2);
    for (int64_t i = elements - 1; i > 0; i--) {
        int64_t j = (int64_t)(trial_noise(seed, (uint64_t)i) * (double)(i + 1));
        float swapped = to[i];
        to[i] = to[j];
        to[j] = swapped;
    }
}

static void fill_floats(trial *t, int input, uint64_t seed) {
    nt_tensor *tensor = &t->in[input];
    bool variance = (is(t, "batch_norm") || is(t, "fold_batch_norm")) && input == t->in_count - 1;
    int64_t elements = nt_shape_elements(tensor->type.shape);
    int64_t stored = nt_type_stored(tensor->type);
    float *rows = nt_arena_alloc(&t->arena, (size_t)elements * sizeof *rows);
    for (int32_t n = 0; n < tensor->count; n++) {
        bool same = input < t->data_count && (t->spec.repeated >> input & 1);
        spread(rows, elements, seed + (same ? 0 : (uint64_t)n));
        for (int64_t i = 0; variance && i < elements; i++)
            rows[i] = 0.5f + fabsf(rows[i]);
        nt_tensor_from_rows(tensor->type, rows, tensor->f + n * stored);
    }
}

/* Classes; where the op has an `ignore`, some of them that. */
static void fill_target(trial *t, int input, uint64_t seed) {
    nt_tensor *tensor = &t->in[input];
    int32_t channels = t->in[0].type.shape.dim[0];
    int32_t classes = is(t, "dice_loss") && channels == 1 ? 2 : channels;
    int32_t ignore = ref_int(t->spec.op, t->attrs, "ignore", 0);
    int64_t elements = nt_type_stored(tensor->type);
    for (int64_t i = 0; i < tensor->count * elements; i++) {
        bool same = t->spec.repeated >> input & 1;
        uint64_t at = (uint64_t)(same ? i % elements : i);
        tensor->i[i] = (int32_t)(trial_noise(seed, 2 * at) * classes);
        if (ignore >= 0 && trial_noise(seed, 2 * at + 1) < 0.2)
            tensor->i[i] = ignore;
    }
}

/* A place in the output for each element, within the window that max_pool would have found it in.
 */
static void fill_indices(trial *t, int input, uint64_t seed) {
    const nt_tensor *tensor = &t->in[input];
    const int32_t *in = tensor->type.shape.dim, *out = t->out[0].type.shape.dim;
    int64_t elements = nt_type_stored(tensor->type);
    for (int64_t i = 0; i < tensor->count * elements; i++) {
        uint64_t draw = (uint64_t)(t->spec.repeated >> input & 1 ? i % elements : i);
        int32_t place[2], at[] = {(int32_t)(i % elements / in[0] / in[2]),
                                  (int32_t)(i % elements / in[0] % in[2])};
        for (int d = 0; d < 2; d++) {
            int32_t kernel = ref_int(t->spec.op, t->attrs, "kernel", d);
            int32_t stride = ref_int(t->spec.op, t->attrs, "stride", d);
            int32_t start =
                at[d] * (stride ? stride : kernel) - ref_int(t->spec.op, t->attrs, "pad", d);
            int32_t first = start > 0 ? start : 0;
            int32_t end = start + kernel < out[1 + d] ? start + kernel : out[1 + d];
            place[d] = first + (int32_t)(trial_noise(seed + (uint64_t)d, draw) * (end - first));
        }
        tensor->i[i] = place[0] * out[2] + place[1];
    }
}

bool trial_out_grad(const trial *t, int i) {
    return t->out[i].type.dtype == NT_F32 && (i == 0 || t->spec.op->update_count == 0);
}

void trial_init(trial *t, const trial_spec *spec) {
    *t = (trial){.spec = *spec, .draw = spec->seed + 77};
    nt_arena_init(&t->arena);
    read_attrs(t);
    read_inputs(t);
    infer(t);
    for (int i = 0; i < t->in_count; i++) {
        t->in_grad[i] = t->in[i];
        give_memory(t, &t->in[i]);
        if (t->in[i].type.dtype == NT_I32) {
            if (spec->op->traits & NT_OP_LOSS)
                fill_target(t, i, spec->seed * 100 + 50);
            else
                fill_indices(t, i, spec->seed * 100 + 50);
            continue;
        }
        fill_floats(t, i, spec->seed * 1000 + (uint64_t)i * 100);
        give_memory(t, &t->in_grad[i]);
    }
    for (int i = 0; i < t->out_count; i++) {
        give_memory(t, &t->out[i]);
        if (!trial_out_grad(t, i))
            continue;
        give_memory(t, &t->out_grad[i]);
        for (int64_t e = 0; e < (int64_t)(trial_bytes(&t->out_grad[i]) / sizeof(float)); e++)
            t->out_grad[i].f[e] =
                (float)trial_noise(spec->seed * 7 + (uint64_t)i, (uint64_t)e) - 0.4f;
    }
}

void trial_finish(trial *t) {
    for (int i = 0; i < t->block_count; i++) {
        expect_guard((char *)t->blocks[i] + t->block_sizes[i]);
        nt_free(t->blocks[i], t->block_sizes[i] + GUARD);
    }
    nt_arena_finish(&t->arena);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Scratch memory of exactly the size asked for, full of NaN, with a guard at its end. */
typedef struct guarded {
    nt_scratch scratch;
    nt_need need;
    size_t workers_size;
} guarded;

static guarded guarded_new(nt_need need) {
    size_t stride = (need.per_worker + 63) / 64 * 64;
    guarded g = {.need = need, .workers_size = stride * (size_t)nt_threads() + GUARD};
    assert_int_equal(need.per_worker, stride); /* so that each part is aligned */
    g.scratch = (nt_scratch){.shared = nt_alloc(need.shared + GUARD),
                             .workers = nt_alloc(g.workers_size),
                             .per_worker = stride};
    assert_true(g.scratch.shared && g.scratch.workers);
    memset(g.scratch.shared, 0xFF, need.shared);
    memset(g.scratch.workers, 0xFF, g.workers_size - GUARD);
    guard(g.scratch.shared + need.shared);
    guard(g.scratch.workers + g.workers_size - GUARD);
    return g;
}

static void guarded_check(guarded *g) {
    expect_guard(g->scratch.shared + g->need.shared);
    expect_guard(g->scratch.workers + g->workers_size - GUARD);
    nt_free(g->scratch.shared, g->need.shared + GUARD);
    nt_free(g->scratch.workers, g->workers_size);
}

static void hide_data(nt_tensor *tensors, int count) {
    for (int i = 0; i < count; i++)
        tensors[i].data = NULL;
}

nt_need trial_need(const trial *t) {
    nt_tensor in[TRIAL_INPUTS], out[NT_MAX_OUTPUTS];
    memcpy(in, t->in, sizeof in);
    memcpy(out, t->out, sizeof out);
    hide_data(in, t->in_count);
    hide_data(out, t->out_count);
    nt_call call = {.attrs = t->attrs,
                    .in = in,
                    .out = out,
                    .in_count = t->in_count,
                    .out_count = t->out_count};
    return t->spec.op->need ? t->spec.op->need(&call) : (nt_need){0};
}

void trial_forward(trial *t) {
    guarded g = guarded_new(trial_need(t));
    nt_call call = {.attrs = t->attrs,
                    .in = t->in,
                    .out = t->out,
                    .in_count = t->in_count,
                    .out_count = t->out_count,
                    .draw = t->draw,
                    .scratch = g.scratch};
    t->spec.op->forward(&call);
    guarded_check(&g);
}

nt_need trial_grad_need(const trial *t) {
    nt_tensor in[TRIAL_INPUTS], in_grad[TRIAL_INPUTS], out[NT_MAX_OUTPUTS],
        out_grad[NT_MAX_OUTPUTS];
    memcpy(in, t->in, sizeof in);
    memcpy(in_grad, t->in_grad, sizeof in_grad);
    memcpy(out, t->out, sizeof out);
    memcpy(out_grad, t->out_grad, sizeof out_grad);
    hide_data(in, t->in_count);
    hide_data(in_grad, t->in_count);
    hide_data(out, t->out_count);
    hide_data(out_grad, t->out_count);
    nt_grad_call call = {.attrs = t->attrs,
                         .in = in,
                         .out = out,
                         .out_grad = out_grad,
                         .in_grad = in_grad,
                         .in_count = t->in_count,
                         .out_count = t->out_count};
    return t->spec.op->grad_need ? t->spec.op->grad_need(&call) : (nt_need){0};
}

void trial_backward(trial *t) {
    const nt_op *op = t->spec.op;
    nt_tensor in[TRIAL_INPUTS], out[NT_MAX_OUTPUTS];
    memcpy(in, t->in, sizeof in);
    memcpy(out, t->out, sizeof out);
    for (int i = 0; i < t->in_count; i++)
        if (!nt_op_grad_reads_in(op, i))
            in[i].data = NULL;
    for (int i = 0; i < t->out_count; i++)
        if (!(op->grad_reads_out >> i & 1))
            out[i].data = NULL;
    guarded g = guarded_new(trial_grad_need(t));
    nt_grad_call call = {.attrs = t->attrs,
                         .in = in,
                         .out = out,
                         .out_grad = t->out_grad,
                         .in_grad = t->in_grad,
                         .in_count = t->in_count,
                         .out_count = t->out_count,
                         .draw = t->draw,
                         .scratch = g.scratch};
    op->backward(&call);
    guarded_check(&g);
}

/* --- against the reference -------------------------------------------------------------------- */

ref_value trial_value(trial *t, const nt_tensor *tensor) {
    int64_t elements = nt_shape_elements(tensor->type.shape);
    int64_t stored = nt_type_stored(tensor->type);
    ref_value value = {.shape = tensor->type.shape, .count = tensor->count};
    float *sample = nt_arena_alloc(&t->arena, (size_t)stored * sizeof *sample);
    float *rows = nt_arena_alloc(&t->arena, (size_t)elements * sizeof *rows);
    value.v = nt_arena_alloc(&t->arena, (size_t)(elements * tensor->count) * sizeof *value.v);
    for (int32_t n = 0; n < tensor->count; n++) {
        for (int64_t i = 0; i < stored; i++)
            sample[i] = tensor->type.dtype == NT_F32 ? tensor->f[n * stored + i]
                                                     : (float)tensor->i[n * stored + i];
        nt_tensor_to_rows(tensor->type, sample, rows);
        for (int64_t i = 0; i < elements; i++)
            value.v[n * elements + i] = (double)rows[i];
    }
    return value;
}

void trial_reference(trial *t, const ref_value *in, ref_value *out) {
    for (int i = 0; i < t->out_count; i++) {
        out[i] = (ref_value){.shape = t->out[i].type.shape, .count = t->out[i].count};
        out[i].v = nt_arena_alloc(&t->arena, (size_t)nt_shape_elements(out[i].shape) *
                                                 (size_t)out[i].count * sizeof(double));
    }
    ref_call call = {.op = t->spec.op,
                     .attrs = t->attrs,
                     .in = in,
                     .out = out,
                     .in_count = t->in_count,
                     .out_count = t->out_count,
                     .draw = t->draw};
    ref_find(t->spec.op->kind.name)(&call);
}
