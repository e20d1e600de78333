/* Two tables, by the words in small letters without underscores. */
#include "foreign_words.h"

#include <ctype.h>
#include <string.h>

typedef struct foreign {
    const char *word;
    const char *name; /* ours; NULL: there is none, and `why` says what to do */
    const char *why;
} foreign;

static const char no_op[] = "there is no op for it; what has a similar name computes something "
                            "else";
static const char depthwise[] =
    "here it is a conv2d with 'groups', as many as it has channels, and a conv2d with kernel 1";

static const foreign ops[] = {
    {"convolution2d", "conv2d", NULL},
    {"convtranspose2d", "conv_transpose2d", NULL},
    {"conv2dtranspose", "conv_transpose2d", NULL},
    {"deconv2d", "conv_transpose2d", NULL},
    {"depthwiseconv2d", NULL, "here it is a conv2d with 'groups', as many as it has channels"},
    {"separableconv2d", NULL, depthwise},
    {"dense", "linear", NULL},
    {"fullyconnected", "linear", NULL},
    {"gemm", "linear", NULL},
    {"batchnorm2d", "batch_norm", NULL},
    {"batchnormalization", "batch_norm", NULL},
    {"bn", "batch_norm", NULL},
    {"maxpool2d", "max_pool", NULL},
    {"maxpooling2d", "max_pool", NULL},
    {"maxunpool2d", "max_unpool", NULL},
    {"avgpool2d", "avg_pool", NULL},
    {"averagepooling2d", "avg_pool", NULL},
    {"averagepool", "avg_pool", NULL},
    {"globalaveragepooling2d", "global_avg_pool", NULL},
    {"globalaveragepool", "global_avg_pool", NULL},
    {"adaptiveavgpool2d", NULL,
     "here it is 'adaptive_avg_pool', or 'global_avg_pool' for one value a channel"},
    {"upsample", "resize", NULL},
    {"upsampling2d", "resize", NULL},
    {"interpolate", "resize", NULL},
    {"concatenate", "concat", NULL},
    {"cat", "concat", NULL},
    {"zeropad2d", "pad", NULL},
    {"zeropadding2d", "pad", NULL},
    {"multiply", "mul", NULL},
    {"subtract", "sub", NULL},
    {"divide", "div", NULL},
    {"maximum", "max", NULL},
    {"minimum", "min", NULL},
    {"reflectionpad2d", "reflect_pad", NULL},
    {"replicationpad2d", "replicate_pad", NULL},
    {"droppath", "stochastic_depth", NULL},
    {"layerscale", "scale", NULL},
    {"lrn", "local_response_norm", NULL},
    {"leakyrelu", "leaky_relu", NULL},
    {"crossentropyloss", "softmax_cross_entropy", NULL},
    {"crossentropy", "softmax_cross_entropy", NULL},
    {"identity", NULL, "leave the node out: the next one reads what this one would"},
    {"noop", NULL, "leave the node out: the next one reads what this one would"},
    {"relu", "relu", NULL},
    {"relu6", "relu6", NULL},
    {"hardtanh", NULL, "here it is 'clamp' with 'min' -1 and 'max' 1, unless it says otherwise"},
    {"clip", "clamp", NULL},
    {"prelu", "prelu", NULL},
    {"elu", "elu", NULL},
    {"silu", "silu", NULL},
    {"swish", "silu", NULL},
    {"gelu", "gelu", NULL},
    {"softplus", "softplus", NULL},
    {"hardsigmoid", "hardsigmoid", NULL},
    {"hardswish", "hardswish", NULL},
    {"selu", NULL, no_op},
    {"celu", NULL, no_op},
    {"rrelu", NULL, no_op},
    {"mish", NULL, no_op},
    {"tanh", NULL, no_op},
    {"logsoftmax", NULL, no_op},
    {"layernorm", "layer_norm", NULL},
    {"layernorm2d", "layer_norm", NULL},
    {"layernormalization", "layer_norm", NULL},
    {"groupnorm", "group_norm", NULL},
    {"groupnormalization", "group_norm", NULL},
    {"instancenorm2d", "instance_norm", NULL},
    {"instancenormalization", "instance_norm", NULL},
    {0},
};

static const char from_input[] = "leave it out: it follows from the input";

static const foreign attributes[] = {
    {"kernelsize", "kernel", NULL},
    {"poolsize", "kernel", NULL},
    {"size", "kernel", NULL},
    {"padding", "pad", NULL},
    {"strides", "stride", NULL},
    {"dilationrate", "dilation", NULL},
    {"outchannels", "channels", NULL},
    {"filters", "channels", NULL},
    {"outfeatures", "features", NULL},
    {"units", "features", NULL},
    {"usebias", "bias", NULL},
    {"negativeslope", "slope", NULL},
    {"alpha", "slope", NULL},
    {"minval", "min", NULL},
    {"maxval", "max", NULL},
    {"scalefactor", "scale", NULL},
    {"epsilon", "eps", NULL},
    {"numgroups", "groups", NULL},
    {"elementwiseaffine", "affine", NULL},
    {"p", "probability", NULL},
    {"rate", "probability", NULL},
    {"inchannels", NULL, from_input},
    {"infeatures", NULL, from_input},
    {"numfeatures", NULL, from_input},
    {"inputshape", NULL, from_input},
    {"inplace", NULL, "leave it out: memory is planned for the whole graph"},
    {"activation", NULL, "write the activation as a node of its own behind this one"},
    {"input", NULL, "a node says what it reads by 'from'"},
    {"inputs", NULL, "a node says what it reads by 'from'"},
    {"bottom", NULL, "a node says what it reads by 'from'"},
    {0},
};

/* Whether the text is the word, but for case and underscores. */
static bool is_word(const char *text, const char *word) {
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (tolower((unsigned char)*text) != *word)
            return false;
        word++;
    }
    return *word == '\0';
}

static const foreign *find(const foreign *table, const char *word) {
    for (const foreign *f = table; f->word; f++)
        if (is_word(word, f->word))
            return f;
    return NULL;
}

static bool hint(const foreign *f, nt_error *error) {
    if (f->name)
        nt_error_hint(error, "here it is '%s'", f->name);
    else
        nt_error_hint(error, "%s", f->why);
    return true;
}

bool nt_foreign_op(const char *word, nt_error *error) {
    const foreign *f = find(ops, word);
    return f && hint(f, error);
}

bool nt_foreign_attribute(const char *word, const nt_field *fields, nt_error *error) {
    const foreign *f = find(attributes, word);
    return f && (!f->name || nt_field_find(fields, f->name)) && hint(f, error);
}
