/* nontrivial ops: what the registry knows of the ops that a graph file may use. */
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "op.h"
#include "table.h"
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
        char why[NT_WHY] = "";
        void *attrs = nt_arena_alloc(arena, op->attrs_size + 1);
        if (!attrs || !nt_fields_default(op->fields, attrs, arena))
            return -1;
        int in_count = read_shapes(c->inputs, in);
        if (!nt_fields_parse(op->fields, attrs, arena, c->attrs, why) ||
            !op->infer(attrs, in, in_count, out, why))
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

static void add_inputs(const nt_op *op, nt_text *text) {
    if (op->min_inputs == op->max_inputs)
        nt_text_printf(text, "%d", op->min_inputs);
    else
        nt_text_printf(text, "%d to %d", op->min_inputs, op->max_inputs);
}

static nt_status print_list(void) {
    static const nt_column columns[] = {
        {"op", NT_LEFT}, {"inputs", NT_RIGHT}, {"what it computes", NT_LEFT}, {0}};
    nt_table table;
    nt_text text;
    nt_table_init(&table, columns);
    nt_text_init(&text);
    for (const nt_op *const *op = nt_ops; *op; op++) {
        if ((*op)->traits & NT_OP_INTERNAL)
            continue;
        nt_text_clear(&text);
        add_inputs(*op, &text);
        nt_table_cell(&table, (*op)->name);
        nt_table_cell(&table, text.bytes);
        nt_table_cell(&table, (*op)->doc);
    }
    nt_text_clear(&text);
    nt_table_format(&table, &text);
    nt_table_finish(&table);
    return nt_print(&text);
}

static void add_fields(const nt_field *fields, nt_text *text) {
    static const nt_column columns[] = {{"attribute", NT_LEFT},
                                        {"takes", NT_LEFT},
                                        {"default", NT_LEFT},
                                        {"meaning", NT_LEFT},
                                        {0}};
    nt_table table;
    nt_text takes;
    nt_table_init(&table, columns);
    nt_text_init(&takes);
    for (; fields->name; fields++) {
        if (fields->hidden)
            continue;
        nt_text_clear(&takes);
        nt_field_describe(fields, &takes);
        nt_table_cell(&table, fields->name);
        nt_table_cell(&table, takes.bytes);
        nt_table_cell(&table, fields->fallback ? fields->fallback : "(must be given)");
        nt_table_cell(&table, fields->doc);
    }
    if (table.count > 0) {
        nt_text_add(text, "\n");
        nt_table_format(&table, text);
    }
    text->failed = text->failed || takes.failed;
    nt_text_finish(&takes);
    nt_table_finish(&table);
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
    nt_text_printf(&text, "%s: %s\n\ninputs: ", op->name, op->doc);
    add_inputs(op, &text);
    nt_text_add(&text, "\n");
    add_outputs(op, &text);
    nt_text_add(&text, "parameters: ");
    for (int i = 0; i < param_count; i++)
        nt_text_printf(&text, "%s%s (%s)", i ? ", " : "", params[i].name,
                       role_text(params[i].role));
    nt_text_add(&text, param_count ? "\n" : "none\n");
    add_fields(op->fields, &text);
    return nt_print(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *op_json(const nt_op *op, const nt_param *params, int param_count) {
    json_t *attributes = json_array(), *parameters = json_array(), *outputs = json_array();
    for (const nt_field *field = op->fields; field->name; field++)
        if (!field->hidden)
            attributes = nt_json_append(attributes, nt_json_field(field));
    for (int i = 0; i < param_count; i++)
        parameters = nt_json_append(parameters, json_pack("{s:s, s:s}", "name", params[i].name,
                                                          "role", role_text(params[i].role)));
    for (const char *const *name = op->output_names; name && *name; name++)
        if ((*name)[0])
            outputs = nt_json_append(outputs, json_string(*name));
    return json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o}", "name", op->name, "doc", op->doc,
                     "min_inputs", op->min_inputs, "max_inputs", op->max_inputs, "outputs", outputs,
                     "parameters", parameters, "attributes", attributes);
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status find(const char *name, const nt_op **ret, nt_error *error) {
    const nt_op *op = nt_op_find(name);
    if (op && !(op->traits & NT_OP_INTERNAL)) {
        *ret = op;
        return NT_OK;
    }
    nt_error_say(error, NT_USAGE, "there is no op '%s'", name);
    if (nt_op_nearest(name))
        nt_error_hint(error, "did you mean '%s'?", nt_op_nearest(name));
    return NT_USAGE;
}

static nt_status describe(const nt_op *op, nt_arena *arena, bool json) {
    nt_param params[NT_MAX_PARAMS];
    int count = list_params(op, arena, params);
    if (count < 0)
        return NT_NO_MEMORY;
    return json ? nt_json_print(op_json(op, params, count)) : print_op(op, params, count);
}

static nt_status print_list_json(nt_arena *arena) {
    json_t *list = json_array();
    for (const nt_op *const *op = nt_ops; list && *op; op++) {
        nt_param params[NT_MAX_PARAMS];
        int count = (*op)->traits & NT_OP_INTERNAL ? 0 : list_params(*op, arena, params);
        if (count < 0) {
            json_decref(list);
            return NT_NO_MEMORY;
        }
        if (!((*op)->traits & NT_OP_INTERNAL))
            list = nt_json_append(list, op_json(*op, params, count));
    }
    return nt_json_print(list);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const ops_options *options = arguments->record;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status;
    const nt_op *op;
    if (arguments->word_count == 0)
        status = options->json ? print_list_json(&arena) : print_list();
    else if ((status = find(arguments->words[0], &op, error)) == NT_OK)
        status = describe(op, &arena, options->json);
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_ops = {
    .name = "ops",
    .doc = "list the ops, or describe one",
    .syntax = {ops_fields, sizeof(ops_options), .operands = ops_operands},
    .run = run,
};
