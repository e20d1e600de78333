/* nontrivial ops: what the registry knows of the ops that a graph file may use. */
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "kind_print.h"
#include "op.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ops_options {
    bool json;
} ops_options;

static const nt_field ops_fields[] = {NT_OPTION_JSON(ops_options), {0}};

static const nt_operand ops_operands[] = {
    {"NAME", "the op to describe (default: list them all)", .optional = true},
    {0},
};

static const nt_kind_family ops = {"op", nt_ops, nt_op_is_public};

static const char *role_text(nt_role role) {
    return role == NT_WEIGHT ? "trained" : role == NT_BUFFER ? "kept" : "counted";
}

/* --- parameters ------------------------------------------------------------------------------- */

/* Reads "3x9x7 3x9x7", the inputs of a test case; returns how many. */
static int read_shapes(const char *text, nt_type *ret_types) {
    int count = 0;
    while (*text && count < NT_MAX_INPUTS) {
        int32_t dim[NT_MAX_RANK];
        int rank = 0;
        while (*text && *text != ' ' && rank < NT_MAX_RANK) {
            char *end;
            dim[rank++] = (int32_t)strtol(text, &end, 10);
            text = *end == 'x' ? end + 1 : end;
        }
        while (*text == ' ')
            text++;
        ret_types[count++] = nt_type_map(nt_shape_of(rank, dim));
    }
    return count;
}

/* An op's parameters depend on its attributes and inputs: they are asked for with those of its test
 * cases, and what any of them has is listed. Returns how many, or -1 when out of memory. */
static int list_params(const nt_op *op, nt_arena *arena, nt_param *ret_params) {
    int count = 0;
    for (const nt_op_case *c = op->cases; op->params && c && c->inputs; c++) {
        nt_type in[NT_MAX_INPUTS], out[NT_MAX_OUTPUTS];
        nt_param params[NT_MAX_PARAMS];
        char why[NT_WHY] = "", flaw[NT_FIELD_WHY];
        const void *attrs = nt_kind_record(&op->kind, c->attrs, arena, flaw);
        if (!attrs)
            return -1;
        int in_count = read_shapes(c->inputs, in);
        if (!op->infer(attrs, in, in_count, out, why))
            continue;
        int found = op->params(attrs, in, params);
        for (int i = 0; i < found; i++) {
            int known = 0;
            while (known < count && strcmp(ret_params[known].name, params[i].name) != 0)
                known++;
            if (known == count && count < NT_MAX_PARAMS)
                ret_params[count++] = params[i];
        }
    }
    return count;
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_inputs(const nt_kind *kind, nt_text *text) {
    const nt_op *op = (const nt_op *)kind;
    if (op->min_inputs == op->max_inputs)
        nt_text_printf(text, "%d", op->min_inputs);
    else
        nt_text_printf(text, "%d to %d", op->min_inputs, op->max_inputs);
}

static nt_status print_list(void) {
    static const nt_kind_column inputs = {"inputs", add_inputs};
    return nt_kinds_print(&ops, &inputs, "what it computes");
}

/* Those that YAML can name. */
static void add_outputs(const nt_op *op, nt_text *text) {
    for (const char *const *name = op->output_names; name && *name; name++)
        if ((*name)[0])
            nt_text_printf(text, "further output: NODE.%s\n", *name);
}

static nt_status print_op(const nt_op *op, const nt_param *params, int param_count) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s: %s\n\ninputs: ", op->kind.name, op->kind.doc);
    add_inputs(&op->kind, &text);
    nt_text_add(&text, "\n");
    add_outputs(op, &text);
    nt_text_add(&text, "parameters: ");
    for (int i = 0; i < param_count; i++)
        nt_text_printf(&text, "%s%s (%s)", i ? ", " : "",
                       params[i].name[0] ? params[i].name : "NODE", role_text(params[i].role));
    nt_text_add(&text, param_count ? "\n" : "none\n");
    nt_kind_add_table(&op->kind, "attribute", &text);
    return nt_print(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *op_json(const nt_op *op, const nt_param *params, int param_count) {
    json_t *parameters = json_array(), *outputs = json_array();
    for (int i = 0; i < param_count; i++)
        parameters = nt_json_append(parameters, json_pack("{s:s, s:s}", "name", params[i].name,
                                                          "role", role_text(params[i].role)));
    for (const char *const *name = op->output_names; name && *name; name++)
        if ((*name)[0])
            outputs = nt_json_append(outputs, json_string(*name));
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o}", "name", op->kind.name, "doc",
                     op->kind.doc, "min_inputs", op->min_inputs, "max_inputs", op->max_inputs,
                     "outputs", outputs, "parameters", parameters, "attributes",
                     nt_kind_fields_json(&op->kind));
}

static json_t *describe_json(const nt_kind *kind, nt_arena *arena) {
    const nt_op *op = (const nt_op *)kind;
    nt_param params[NT_MAX_PARAMS];
    int count = list_params(op, arena, params);
    return count < 0 ? NULL : op_json(op, params, count);
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status describe(const nt_kind *kind, nt_arena *arena) {
    const nt_op *op = (const nt_op *)kind;
    nt_param params[NT_MAX_PARAMS];
    int count = list_params(op, arena, params);
    return count < 0 ? NT_NO_MEMORY : print_op(op, params, count);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const ops_options *options = arguments->record;
    const nt_kind *kind;
    if (arguments->word_count == 0)
        return options->json ? nt_kinds_print_json(&ops, describe_json) : print_list();
    NT_TRY(nt_kind_argument(&ops, arguments->words[0], &kind, error));
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status =
        options->json ? nt_json_print(describe_json(kind, &arena)) : describe(kind, &arena);
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_ops = {
    .kind = {.name = "ops",
             .doc = "list the ops, or describe one",
             .fields = ops_fields,
             .size = sizeof(ops_options)},
    .examples = "nontrivial ops\n"
                "nontrivial ops conv2d --json\n",
    .syntax = {.operands = ops_operands},
    .run = run,
};
