#include "shrink_print.h"

#include "console.h"
#include "graph_cost.h"
#include "json_out.h"
#include "plan.h"
#include "table.h"

/* --- costs ------------------------------------------------------------------------------------ */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for what a network costs");
}

static nt_status memory_of(const nt_graph *graph, int32_t batch, size_t *ret, nt_error *error) {
    nt_plan *plan;
    NT_TRY(nt_plan_new_portions(graph, batch, nt_portions_cache(), &plan, error));
    *ret = plan->slab_size;
    nt_plan_free(plan);
    return NT_OK;
}

static nt_status ready_cost(const nt_graph *main, const nt_shrink_options *options,
                            nt_shrink_cost *ret, nt_error *error) {
    const nt_pass_options passes = {.conv = options->conv};
    nt_graph *ready;
    NT_TRY(nt_passes_run(main, &passes, &ready, error));
    nt_graph_cost cost = nt_graph_cost_of(ready);
    ret->multiply_adds = cost.multiply_adds;
    ret->executed = cost.executed;
    nt_status status = memory_of(ready, 1, &ret->memory, error);
    if (status == NT_OK)
        status = memory_of(ready, options->batch, &ret->batch_memory, error);
    nt_graph_free(ready);
    return status;
}

/* Parameters that the main graph reads and that are trained, and its nodes as they were written. */
static void count_parts(const nt_network *network, const nt_graph *main, nt_shrink_cost *ret) {
    for (int32_t i = 0; i < nt_graph_size(main); i++) {
        const nt_node *node = nt_graph_node(main, i);
        ret->layers += !(node->op->traits & NT_OP_SOURCE);
        if (node->op != &nt_op_param)
            continue;
        const nt_state *state =
            nt_network_state(network, ((const nt_param_attrs *)node->attrs)->name);
        if (state && state->role == NT_WEIGHT)
            ret->parameters += nt_shape_elements(state->type.shape);
    }
}

nt_status nt_shrink_cost_of(const nt_network *network, const nt_shrink_options *options,
                            nt_shrink_cost *ret, nt_error *error) {
    nt_graph *main;
    nt_shrink_cost cost = {0};
    if (nt_graph_main(network->graph, &main) != NT_OK)
        return no_memory(error);
    count_parts(network, main, &cost);
    nt_status status = ready_cost(main, options, &cost, error);
    nt_graph_free(main);
    if (status == NT_OK)
        *ret = cost;
    return status;
}

/* --- the table -------------------------------------------------------------------------------- */

static const nt_column columns[] = {{.title = "", .align = NT_LEFT},
                                    {.title = "before", .align = NT_RIGHT},
                                    {.title = "after", .align = NT_RIGHT},
                                    {.title = "left", .align = NT_RIGHT},
                                    {0}};

static void add_row(nt_table *table, const char *what, int64_t before, int64_t after) {
    nt_table_cell(table, what);
    nt_table_count(table, before);
    nt_table_count(table, after);
    nt_table_cellf(table, "%.1f %%", before ? 100 * (double)after / (double)before : 100.0);
}

static void add_cost(const nt_shrink_answer *a, const nt_shrink_options *options, nt_text *text) {
    nt_table table;
    char batch[64];
    snprintf(batch, sizeof batch, "kilobytes of a run of %d", options->batch);
    nt_table_init(&table, columns);
    add_row(&table, "layers", a->before.layers, a->after.layers);
    add_row(&table, "parameters", a->before.parameters, a->after.parameters);
    add_row(&table, "multiply-adds", a->before.multiply_adds, a->after.multiply_adds);
    add_row(&table, "executed", a->before.executed, a->after.executed);
    add_row(&table, "kilobytes of a run of 1", (int64_t)a->before.memory / 1000,
            (int64_t)a->after.memory / 1000);
    add_row(&table, batch, (int64_t)a->before.batch_memory / 1000,
            (int64_t)a->after.batch_memory / 1000);
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

static nt_status print_json(const nt_shrink_answer *a, const nt_shrink_options *options) {
    const nt_shrink_cost *costs[] = {&a->before, &a->after};
    json_t *said[2];
    for (int i = 0; i < 2; i++)
        said[i] = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I}", "layers", (json_int_t)costs[i]->layers, "parameters",
            (json_int_t)costs[i]->parameters, "multiply_adds", (json_int_t)costs[i]->multiply_adds,
            "executed", (json_int_t)costs[i]->executed, "memory", (json_int_t)costs[i]->memory,
            "batch_memory", (json_int_t)costs[i]->batch_memory);
    return nt_json_print(json_pack(
        "{s:s, s:s?, s:I, s:s, s:I, s:o, s:o, s:{s:s?, s:I, s:o, s:o, s:o, s:o}}", "network",
        a->network, "from", a->from, "edits", (json_int_t)a->edits, "folder", options->out, "batch",
        (json_int_t)options->batch, "before", said[0], "after", said[1], "comparison", "data",
        a->images, "images", (json_int_t)a->difference.images, "difference",
        nt_json_real(a->difference.most), "logit", nt_json_real(a->difference.logit), "relative",
        nt_json_real(nt_difference_relative(&a->difference)), "tolerance",
        nt_json_real(options->tolerance)));
}

nt_status nt_shrink_print(const nt_shrink_answer *a, const nt_shrink_options *options) {
    nt_text text;
    if (options->json)
        return print_json(a, options);
    nt_text_init(&text);
    nt_text_printf(&text, "%s without %d layer%s%s%s, in %s\n\n", a->network, a->edits,
                   a->edits == 1 ? "" : "s", a->from ? ": " : "", a->from ? a->from : "",
                   options->out);
    add_cost(a, options, &text);
    nt_text_add(&text, "\nlargest difference of a logit: ");
    nt_text_printf(&text, "%.2g, of at most %.4g (%.2g) over ", a->difference.most,
                   a->difference.logit, nt_difference_relative(&a->difference));
    nt_text_count(&text, a->difference.images);
    nt_text_printf(&text, a->images ? " images of %s\n" : " random images\n", a->images);
    return nt_print(&text);
}
