/* Everything lies in the model's arena. `failed` is set once memory is lacking, and then nothing
 * more is added; until then every pointer of the messages is good. */
#include "onnx_model.h"

#include "alloc.h"
#include "build_info.h"
#include "file.h"
#include "onnx.pb-c.h"
#include <limits.h>
#include <string.h>

struct nt_onnx {
    nt_arena arena;
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset, *opsets[1];
    Onnx__NodeProto *node; /* the newest */
    bool failed;
};

nt_onnx *nt_onnx_new(const char *graph) {
    nt_onnx *onnx = nt_alloc_zero(sizeof *onnx);
    if (!onnx)
        return NULL;
    nt_arena_init(&onnx->arena);
    onnx__model_proto__init(&onnx->model);
    onnx__graph_proto__init(&onnx->graph);
    onnx__operator_set_id_proto__init(&onnx->opset);
    onnx->opset.domain = (char *)(uintptr_t) "";
    onnx->opset.has_version = true;
    onnx->opset.version = NT_ONNX_OPSET;
    onnx->opsets[0] = &onnx->opset;
    onnx->model.has_ir_version = true;
    onnx->model.ir_version = NT_ONNX_IR;
    onnx->model.n_opset_import = 1;
    onnx->model.opset_import = onnx->opsets;
    onnx->model.producer_name = (char *)(uintptr_t) "nontrivial";
    onnx->model.producer_version = (char *)(uintptr_t)nt_build_version;
    onnx->model.graph = &onnx->graph;
    onnx->graph.name = (char *)(uintptr_t)graph;
    return onnx;
}

void nt_onnx_free(nt_onnx *onnx) {
    if (!onnx)
        return;
    nt_arena_finish(&onnx->arena);
    nt_free(onnx, sizeof *onnx);
}

nt_arena *nt_onnx_arena(nt_onnx *onnx) {
    return &onnx->arena;
}

const char *nt_onnx_lacks(nt_onnx *onnx) {
    onnx->failed = true;
    return "";
}

/* --- memory ----------------------------------------------------------------------------------- */

static void *take(nt_onnx *onnx, size_t size) {
    void *block = onnx->failed ? NULL : nt_arena_alloc(&onnx->arena, size);
    onnx->failed |= !block;
    return block;
}

#define NEW(onnx, type) ((type *)take((onnx), sizeof(type)))

/* One more item, which may be NULL: nothing. Lists have room for a power of two. */
static void push(nt_onnx *onnx, void *list, size_t *count, void *item) {
    void **items, **more;
    memcpy(&items, list, sizeof(void *));
    if (!item || onnx->failed)
        return;
    if ((*count & (*count - 1)) == 0) {
        more = take(onnx, (*count ? 2 * *count : 1) * sizeof *more);
        if (!more)
            return;
        if (*count)
            memcpy(more, items, *count * sizeof *more);
        memcpy(list, &more, sizeof(void *));
        items = more;
    }
    items[(*count)++] = item;
}

/* protobuf-c's texts are not const, but nothing here writes to them. */
static char *text(const char *constant) {
    return (char *)(uintptr_t)constant;
}

const char *nt_onnx_name(nt_onnx *onnx, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *name = onnx->failed ? NULL : nt_arena_vprintf(&onnx->arena, format, arguments);
    va_end(arguments);
    onnx->failed |= !name;
    return name ? name : "";
}

static int64_t *copy_integers(nt_onnx *onnx, const int64_t *from, int count) {
    int64_t *to = take(onnx, (size_t)(count ? count : 1) * sizeof *to);
    if (to && count)
        memcpy(to, from, (size_t)count * sizeof *to);
    return to;
}

/* --- inputs, outputs, initializers ------------------------------------------------------------ */

static Onnx__TensorShapeProto *shape_of(nt_onnx *onnx, nt_onnx_dims dims, bool batched) {
    Onnx__TensorShapeProto *shape = NEW(onnx, Onnx__TensorShapeProto);
    if (!shape)
        return NULL;
    onnx__tensor_shape_proto__init(shape);
    for (int i = 0; i < dims.rank; i++) {
        Onnx__TensorShapeProto__Dimension *dim = NEW(onnx, Onnx__TensorShapeProto__Dimension);
        if (!dim)
            return NULL;
        onnx__tensor_shape_proto__dimension__init(dim);
        if (i == 0 && batched) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = text("batch");
        } else {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = dims.dim[i];
        }
        push(onnx, &shape->dim, &shape->n_dim, dim);
    }
    return shape;
}

static Onnx__ValueInfoProto *value_of(nt_onnx *onnx, const char *name, bool integers,
                                      nt_onnx_dims dims, bool batched) {
    Onnx__ValueInfoProto *value = NEW(onnx, Onnx__ValueInfoProto);
    Onnx__TypeProto *type = NEW(onnx, Onnx__TypeProto);
    Onnx__TypeProto__Tensor *tensor = NEW(onnx, Onnx__TypeProto__Tensor);
    if (!value || !type || !tensor)
        return NULL;
    onnx__value_info_proto__init(value);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = true;
    tensor->elem_type =
        integers ? ONNX__TENSOR_PROTO__DATA_TYPE__INT32 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape_of(onnx, dims, batched);
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = text(name);
    value->type = type;
    return value;
}

void nt_onnx_input(nt_onnx *onnx, const char *name, bool integers, nt_onnx_dims dims,
                   bool batched) {
    push(onnx, &onnx->graph.input, &onnx->graph.n_input,
         value_of(onnx, name, integers, dims, batched));
}

void nt_onnx_output(nt_onnx *onnx, const char *name, nt_onnx_dims dims, bool batched) {
    push(onnx, &onnx->graph.output, &onnx->graph.n_output,
         value_of(onnx, name, false, dims, batched));
}

static Onnx__TensorProto *tensor_of(nt_onnx *onnx, const char *name, int32_t type, size_t size,
                                    nt_onnx_dims dims, const void *elements) {
    Onnx__TensorProto *tensor = NEW(onnx, Onnx__TensorProto);
    if (!tensor)
        return NULL;
    onnx__tensor_proto__init(tensor);
    for (int i = 0; i < dims.rank; i++)
        size *= (size_t)dims.dim[i];
    tensor->name = text(name);
    tensor->has_data_type = true;
    tensor->data_type = type;
    tensor->n_dims = (size_t)dims.rank;
    tensor->dims = copy_integers(onnx, dims.dim, dims.rank);
    tensor->has_raw_data = true;
    tensor->raw_data = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)elements};
    return tensor;
}

void nt_onnx_floats(nt_onnx *onnx, const char *name, nt_onnx_dims dims, const float *elements) {
    push(onnx, &onnx->graph.initializer, &onnx->graph.n_initializer,
         tensor_of(onnx, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof *elements, dims,
                   elements));
}

void nt_onnx_integers(nt_onnx *onnx, const char *name, int count, const int64_t *elements) {
    push(onnx, &onnx->graph.initializer, &onnx->graph.n_initializer,
         tensor_of(onnx, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, sizeof *elements,
                   (nt_onnx_dims){1, {count}}, copy_integers(onnx, elements, count)));
}

/* --- nodes ------------------------------------------------------------------------------------ */

void nt_onnx_node(nt_onnx *onnx, const char *type, const char *name) {
    onnx->node = NEW(onnx, Onnx__NodeProto);
    if (!onnx->node)
        return;
    onnx__node_proto__init(onnx->node);
    onnx->node->op_type = text(type);
    onnx->node->name = text(name);
    push(onnx, &onnx->graph.node, &onnx->graph.n_node, onnx->node);
}

void nt_onnx_reads(nt_onnx *onnx, const char *value) {
    if (!onnx->failed)
        push(onnx, &onnx->node->input, &onnx->node->n_input, text(value));
}

void nt_onnx_makes(nt_onnx *onnx, const char *value) {
    if (!onnx->failed)
        push(onnx, &onnx->node->output, &onnx->node->n_output, text(value));
}

/* Without a value; NULL when out of memory. */
static Onnx__AttributeProto *attribute(nt_onnx *onnx, const char *name,
                                       Onnx__AttributeProto__AttributeType type) {
    Onnx__AttributeProto *made = NEW(onnx, Onnx__AttributeProto);
    if (!made)
        return NULL;
    onnx__attribute_proto__init(made);
    made->name = text(name);
    made->has_type = true;
    made->type = type;
    push(onnx, &onnx->node->attribute, &onnx->node->n_attribute, made);
    return made;
}

void nt_onnx_int(nt_onnx *onnx, const char *name, int64_t value) {
    Onnx__AttributeProto *made = attribute(onnx, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (!made)
        return;
    made->has_i = true;
    made->i = value;
}

void nt_onnx_ints(nt_onnx *onnx, const char *name, int count, const int64_t *values) {
    Onnx__AttributeProto *made = attribute(onnx, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (!made)
        return;
    made->ints = copy_integers(onnx, values, count);
    made->n_ints = (size_t)count;
}

void nt_onnx_real(nt_onnx *onnx, const char *name, double value) {
    Onnx__AttributeProto *made =
        attribute(onnx, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (!made)
        return;
    made->has_f = true;
    made->f = (float)value;
}

void nt_onnx_word(nt_onnx *onnx, const char *name, const char *value) {
    Onnx__AttributeProto *made =
        attribute(onnx, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (!made)
        return;
    made->has_s = true;
    made->s = (ProtobufCBinaryData){strlen(value), (uint8_t *)text(value)};
}

void nt_onnx_tensor(nt_onnx *onnx, const char *name, nt_onnx_dims dims, const float *elements) {
    Onnx__AttributeProto *made =
        attribute(onnx, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
    if (made)
        made->t = tensor_of(onnx, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof *elements,
                            dims, elements);
}

/* --- writing ---------------------------------------------------------------------------------- */

typedef struct sink {
    ProtobufCBuffer buffer; /* first: what protobuf-c knows of it */
    nt_file *file;
} sink;

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes) {
    nt_file_write(((sink *)(void *)buffer)->file, bytes, size);
}

nt_status nt_onnx_write(const nt_onnx *onnx, const char *path, nt_error *error) {
    sink to = {.buffer = {append}};
    if (onnx->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the ONNX model");
    size_t size = onnx__model_proto__get_packed_size(&onnx->model);
    if (size > INT_MAX) {
        nt_error_in(error, NT_INVALID, path, -1,
                    "would have %zu bytes; protobuf, which ONNX is written in, has room for %d",
                    size, INT_MAX);
        nt_error_hint(error, "make the network narrower, for instance with --set");
        return NT_INVALID;
    }
    NT_TRY(nt_file_create(path, &to.file, error));
    onnx__model_proto__pack_to_buffer(&onnx->model, &to.buffer);
    return nt_file_commit(to.file, error);
}
