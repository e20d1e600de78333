/* What ops refuse, and the words in which they say so. */
#include "arena.h"
#include "op.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct refusal {
    const char *op, *attrs;
    const char *inputs; /* shapes; i before one: integers */
    const char *why;
} refusal;

static const refusal refusals[] = {
    /* attributes */
    {"conv2d", "channels=0", "", "must be an integer from 1 to 1048576, not '0'"},
    {"conv2d", "kernel=[1,2,3]", "",
     "must be an integer, or [rows, columns], each from 1 to 65536, not this list"},
    {"conv2d", "init=zeros", "", "must be one of kaiming_normal, uniform, not 'zeros'"},
    {"conv2d", "bias=yes", "", "must be true or false, not 'yes'"},
    {"conv2d", "strde=1", "", "no field 'strde'"},
    {"linear", "features=1.5", "", "must be an integer from 1 to 1048576, not '1.5'"},
    {"batch_norm", "statistics=batch", "", "no field 'statistics'"},
    {"batch_norm", "momentum=1.5", "", "must be a number from 0 to 1, not '1.5'"},
    {"dropout", "probability=-0.1", "", "must be a number from 0 to 1, not '-0.1'"},
    {"max_pool", "kernel=0", "",
     "must be an integer, or [rows, columns], each from 1 to 65536, not '0'"},
    /* conv2d */
    {"conv2d", "channels=8 kernel=7", "3x5x5", "kernel 7x7 is larger than the padded input 3x5x5"},
    {"conv2d", "channels=8 kernel=[5,2] pad=[1,0]", "3x2x9",
     "kernel 5x2 is larger than the padded input 3x4x9"},
    {"conv2d", "channels=8 kernel=3 dilation=3", "3x5x5",
     "kernel 3x3, dilated, is larger than the padded input 3x5x5"},
    {"conv2d", "channels=10 kernel=1 groups=4", "8x5x5",
     "channels 10 can't be divided into 4 groups"},
    {"conv2d", "channels=10 kernel=1 groups=2", "3x5x5",
     "the input's 3 channels can't be divided into 2 groups"},
    {"conv2d", "channels=8 kernel=1", "64", "takes maps (channels, rows, columns), not 64"},
    {"conv2d", "channels=8 kernel=1", "i3x5x5", "takes float32 values, not integers"},
    /* conv_transpose2d */
    {"conv_transpose2d", "channels=8 kernel=2 stride=2 output_pad=2", "3x5x5",
     "output_pad 2 is not less than stride 2"},
    {"conv_transpose2d", "channels=8 kernel=3 pad=[0,3]", "3x5x4",
     "pad 0x3 leaves nothing of the output of 3x5x4"},
    {"conv_transpose2d", "channels=10 kernel=1 groups=2", "3x5x5",
     "the input's 3 channels can't be divided into 2 groups"},
    {"conv_transpose2d", "channels=3 kernel=1 groups=2", "4x5x5",
     "channels 3 can't be divided into 2 groups"},
    {"conv_transpose2d", "channels=1 kernel=1 stride=65536", "1x40000x1",
     "the output of 1x40000x1 would be too large"},
    {"conv_transpose2d", "channels=8 kernel=2", "64",
     "takes maps (channels, rows, columns), not 64"},
    /* sizes */
    {"resize", "", "3x5x5", "takes one of size, scale and a second input, not none"},
    {"resize", "size=4 scale=2", "3x5x5",
     "takes one of size, scale and a second input, not several"},
    {"resize", "size=4", "3x5x5 3x2x2", "takes one of size, scale and a second input, not several"},
    {"resize", "size=[0,4]", "3x5x5", "3x5x5 would have no rows"},
    {"resize", "scale=[1,0.1]", "3x5x5", "3x5x5 would have no columns"},
    {"resize", "scale=[1,2,3]", "3x5x5", "scale has 3 numbers; it takes 1 or 2"},
    {"resize", "scale=65536", "3x40000x5", "3x40000x5 would have too many rows"},
    {"resize", "scale=2 align_corners=true", "3x5x5", "align_corners is for mode bilinear"},
    {"resize", "scale=2", "3x5x5 10", "takes one of size, scale and a second input, not several"},
    {"resize", "", "3x5x5 10", "takes maps (channels, rows, columns), not 10"},
    {"adaptive_avg_pool", "size=0", "",
     "must be an integer, or [rows, columns], each from 1 to 65536, not '0'"},
    {"adaptive_avg_pool", "size=2", "7", "takes maps (channels, rows, columns), not 7"},
    {"crop", "", "3x5x5", "takes size, two numbers from 1 on, or a second input"},
    {"crop", "size=[0,3]", "3x5x5", "takes size, two numbers from 1 on, or a second input"},
    {"crop", "size=3", "3x5x5 3x2x2", "takes size or a second input, not both"},
    {"crop", "size=[3,6]", "3x5x5", "3x5x5 has only 5 columns: 6 from column 0 on are too many"},
    {"crop", "size=3 top=3", "3x5x5", "3x5x5 has only 5 rows: 3 from row 3 on are too many"},
    {"pad", "top=1", "3x5x5 3x9x9",
     "takes numbers of rows and columns or a second input, not both"},
    {"pad", "", "3x5x5 2x9x4", "3x5x5 is larger than 2x9x4, to which it is to be padded"},
    /* concat, mul */
    {"concat", "", "3x5x5 7x5x5 3x4x5",
     "input 3 is 3x4x5, but the first is 3x5x5: only channels may differ"},
    {"concat", "", "3x5x5 3", "input 2 is 3, but the first is 3x5x5: only channels may differ"},
    {"concat", "", "3x5x5 i3x5x5", "takes float32 values, not integers"},
    {"concat", "", "2000000000x1x1 2000000000x1x1", "has too many channels"},
    {"mul", "", "3x5x5 4x1x1",
     "can't multiply 3x5x5 by 4x1x1, which is neither like it, nor has one factor for each channel "
     "or each place"},
    {"mul", "", "3x5x5 1x5x1",
     "can't multiply 3x5x5 by 1x5x1, which is neither like it, nor has one factor for each channel "
     "or each place"},
    {"mul", "", "4 3x5x5",
     "can't multiply 3x5x5 by 4, which is neither like it, nor has one factor for each channel or "
     "each place"},
    {"mul", "", "3x1x1 1x5x5",
     "can't multiply 1x5x5 by 3x1x1, which is neither like it, nor has one factor for each channel "
     "or each place"},
    {"sub", "", "3x5x5 4x1x1",
     "can't take the difference of 3x5x5 and 4x1x1, which is neither like it, nor has one value "
     "for each channel or each place"},
    {"div", "", "3x5x5 1x5x1",
     "can't divide 3x5x5 by 1x5x1, which is neither like it, nor has one divisor for each channel "
     "or each place"},
    {"max", "", "4 3x5x5",
     "can't take the maximum of 3x5x5 and 4, which is neither like it, nor has one value for each "
     "channel or each place"},
    {"min", "", "3 4",
     "can't take the minimum of 4 and 3, which is neither like it, nor has one value for each "
     "channel or each place"},
    {"div", "", "3x5x5 i3x5x5", "takes float32 values, not integers"},
    /* normalisation */
    {"layer_norm", "", "5x5", "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"layer_norm", "eps=0", "", "must be a number from 1e-30 to 1, not '0'"},
    {"group_norm", "groups=4", "10x5x5", "the input's 10 channels can't be divided into 4 groups"},
    {"group_norm", "groups=8", "8x1x1",
     "each group of 8x1x1 would have one value, which is its own mean"},
    {"group_norm", "groups=8", "8", "each group of 8 would have one value, which is its own mean"},
    {"group_norm", "groups=0", "", "must be an integer from 1 to 1048576, not '0'"},
    {"instance_norm", "", "10", "takes maps (channels, rows, columns), not 10"},
    {"instance_norm", "", "10x1x1", "each channel of 10x1x1 has one value, which is its own mean"},
    {"local_response_norm", "size=5", "5x5",
     "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"local_response_norm", "size=5 k=0", "", "must be a number from 1e-30 to 1000000, not '0'"},
    {"scale", "", "i3x5x5", "takes float32 values, not integers"},
    {"scale", "", "5x5", "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"stochastic_depth", "probability=1.5", "", "must be a number from 0 to 1, not '1.5'"},
    {"stochastic_depth", "probability=0.5 mode=column", "",
     "must be one of row, batch, not 'column'"},
    {"stochastic_depth", "probability=0.5 path=a", "", "no field 'path'"},
    /* moves */
    {"slice", "start=3", "3x5x5", "3x5x5 has only 3 channels: 1 from channel 3 on are too many"},
    {"slice", "start=1 count=3", "3x5x5",
     "3x5x5 has only 3 channels: 3 from channel 1 on are too many"},
    {"slice", "count=2", "1", "1 has only 1 channel: 2 from channel 0 on are too many"},
    {"slice", "start=-1", "", "must be an integer from 0 to 2147483647, not '-1'"},
    {"channel_shuffle", "groups=4", "10x5x5",
     "the input's 10 channels can't be divided into 4 groups"},
    {"channel_shuffle", "groups=2", "5x5",
     "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"roll", "rows=1", "10", "takes maps (channels, rows, columns), not 10"},
    {"roll", "rows=0.5", "", "must be an integer from -65536 to 65536, not '0.5'"},
    {"reflect_pad", "top=5", "3x5x5",
     "3x5x5 has only 5 rows, whose reflection has 4: 5 can't be added"},
    {"reflect_pad", "right=1", "3x5x1",
     "3x5x1 has only 1 column, whose reflection has 0: 1 can't be added"},
    {"reflect_pad", "", "3x3x3 3x8x3",
     "3x3x3 has only 3 rows, whose reflection has 2: 3 can't be added"},
    {"replicate_pad", "top=1", "3x5x5 3x9x9",
     "takes numbers of rows and columns or a second input, not both"},
    {"replicate_pad", "", "3x5x5 2x9x4", "3x5x5 is larger than 2x9x4, to which it is to be padded"},
    {"replicate_pad", "top=1", "7", "takes maps (channels, rows, columns), not 7"},
    /* the rest */
    {"linear", "features=8", "3x5", "takes maps (channels, rows, columns) or a vector, not 3x5"},
    {"batch_norm", "", "5x5", "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"fused_batch_norm", "", "3x5x5 3x5x4 3 3", "takes a map to add that is like its input"},
    {"fused_batch_norm", "", "3x5x5 4 3", "takes a scale and a shift for each channel"},
    {"add", "", "3x5x5 3x5x5 3x5x4", "input 3 is 3x5x4, but the first is 3x5x5"},
    {"add", "", "4 3x5x5", "input 1 is 4, but the largest is 3x5x5"},
    {"add", "", "3x5x5 i3x5x5", "takes float32 values, not integers"},
    {"max_pool", "kernel=3 pad=2", "3x5x5", "pad 2 is more than half of kernel 3"},
    {"max_pool", "kernel=6", "3x5x7", "kernel 6x6 is larger than the padded input 3x5x7"},
    {"max_pool", "kernel=2 dilation=2 pad=1 stride=1", "3x1x1",
     "a dilated window would lie in the padding of 3x1x1 alone"},
    {"avg_pool", "kernel=6 pad=1", "3x3x7", "kernel 6x6 is larger than the padded input 3x5x9"},
    {"avg_pool", "kernel=2 dilation=1", "", "no field 'dilation'"},
    {"global_avg_pool", "", "10", "takes maps (channels, rows, columns), not 10"},
    {"flatten", "", "5x5", "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"constant", "shape=[5,3,4]", "6", "takes a vector of its 5 channels, not 6"},
    {"constant", "shape=[5,3,4]", "5x3x4", "takes a vector of its 5 channels, not 5x3x4"},
    {"constant", "shape=[1,1,1,1,1]", "", "shape has 5 dimensions; at most 4 can be"},
    {"constant", "shape=[5,0,4]", "",
     "must be a list of integers, each from 1 to 2147483647, not this list"},
    {"parameter", "shape=[1,1,1,1,1]", "", "shape has 5 dimensions; at most 4 can be"},
    {"param", "name=w shape=[4,3,3] layout=kernel", "", "a kernel has 2 or 4 dimensions, not 3"},
    {"param", "name=w shape=[4,3] groups=3", "", "channels 4 can't be divided into 3 groups"},
    {"relu", "", "i3x5x5", "takes float32 values, not integers"},
    {"clamp", "min=2 max=1", "3x5x5", "min 2 is above max 1"},
    {"prelu", "num_parameters=2", "3x5x5",
     "num_parameters is 2, neither 1 nor the input's 3 channels"},
    {"sigmoid", "", "i3", "takes float32 values, not integers"},
    {"softmax", "", "5x5", "takes maps (channels, rows, columns) or a vector, not 5x5"},
    {"dropout2d", "", "10", "takes maps (channels, rows, columns), not 10"},
    {"dropout2d", "path=a", "", "no field 'path'"},
    {"max_unpool", "kernel=2", "3x5x5 3x5x5",
     "the indices of 3x5x5 are integers of that shape, not float32 values of shape 3x5x5"},
    {"max_unpool", "kernel=2", "3x5x5 i3x5x4",
     "the indices of 3x5x5 are integers of that shape, not integers of shape 3x5x4"},
    {"max_unpool", "kernel=2", "3x5x5 i3x5x5 3x12x10",
     "12 rows can't have been pooled to 5: 9 to 11 can"},
    {"max_unpool", "kernel=2", "3x1x5 i3x1x5 3x2x8",
     "8 columns can't have been pooled to 5: 9 to 11 can"},
    {"max_unpool", "kernel=3 stride=5 pad=1", "3x1x1 i3x1x1 3x6x1",
     "6 rows can't have been pooled to 1: 1 to 5 can"},
    {"max_unpool", "kernel=[3,2] pad=[1,1]", "3x1x1 i3x1x1", "the output would have 0 columns"},
    {"max_unpool", "kernel=3 pad=2", "3x5x5 i3x5x5", "pad 2 is more than half of kernel 3"},
    {"max_unpool", "kernel=2", "3x5x5 i3x5x5 7", "takes maps (channels, rows, columns), not 7"},
    {"weighted_sum", "weights=[1,2]", "3x5x5 3x5x5 3x5x5", "weights has 2 numbers for 3 inputs"},
    {"weighted_sum", "weights=[1]", "scalar scalar", "weights has 1 number for 2 inputs"},
    {"weighted_sum", "weights=[1,2]", "3x5x5 3x5", "input 2 is 3x5, but the first is 3x5x5"},
    {"dice_loss", "", "10 iscalar", "takes maps (channels, rows, columns), not 10"},
    {"dice_loss", "", "3x5x6 5x6",
     "the target of 3x5x6 logits is integers of shape 5x6, not float32 values of shape 5x6"},
    {"dice_loss", "over=epoch", "", "must be one of image, batch, not 'epoch'"},
    {"softmax_cross_entropy", "", "10 scalar",
     "the target of 10 logits is integers of shape scalar, not float32 values of shape scalar"},
    {"softmax_cross_entropy", "", "3x5x6 i6x5",
     "the target of 3x5x6 logits is integers of shape 5x6, not integers of shape 6x5"},
    {"softmax_cross_entropy", "weights=[1,2]", "10 iscalar",
     "weights has 2 numbers for 10 classes"},
};

static int read_types(const char *text, nt_type *ret) {
    char copy[64], *rest = NULL;
    int count = 0;
    strcpy(copy, text);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        nt_shape shape = nt_shape_of(0, NULL);
        bool integers = *word == 'i';
        for (char *at = word + integers; *at && strcmp(at, "scalar") != 0; at += *at == 'x')
            shape.dim[shape.rank++] = (int32_t)strtol(at, &at, 10);
        ret[count] = nt_type_map(shape);
        ret[count++].dtype = integers ? NT_I32 : NT_F32;
    }
    return count;
}

static void refuse(const refusal *r, nt_arena *arena) {
    const nt_op *op = nt_op_find(r->op);
    char field_why[NT_FIELD_WHY], why[NT_WHY];
    nt_type in[4], out[NT_MAX_OUTPUTS];
    assert_non_null(op);
    const void *attrs = nt_kind_record(&op->kind, r->attrs, arena, field_why);
    if (!attrs) {
        assert_string_equal(field_why, r->why);
        return;
    }
    int count = read_types(r->inputs, in);
    if (op->infer(attrs, in, count, out, why) != 0)
        fail_msg("%s [%s] took %s", r->op, r->attrs, r->inputs);
    assert_string_equal(why, r->why);
}

static void test_refusals(void **state) {
    nt_arena arena;
    (void)state;
    nt_arena_init(&arena);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        refuse(&refusals[i], &arena);
    nt_arena_finish(&arena);
}

/* Integers where an op computes with its first input are never taken for floats. */
static void test_integers(void **state) {
    nt_arena arena;
    (void)state;
    nt_arena_init(&arena);
    for (const nt_kind *const *kind = nt_ops; *kind; kind++) {
        const nt_op *op = (const nt_op *)*kind;
        nt_type in[16], out[NT_MAX_OUTPUTS];
        char field_why[NT_FIELD_WHY], why[NT_WHY];
        if (op->traits & (NT_OP_INTERNAL | NT_OP_SOURCE))
            continue;
        const void *attrs = nt_kind_record(*kind, op->cases->attrs, &arena, field_why);
        int count = read_types(op->cases->inputs, in);
        assert_non_null(attrs);
        in[0].dtype = NT_I32;
        if (count > 0 && op->infer(attrs, in, count, out, why) != 0)
            fail_msg("%s took integers", op->kind.name);
    }
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_integers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
