/* A node's values are looked at as soon as it ran, since others may lie on them later. */
#include "culprit.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

typedef struct search {
    nt_run *run;
    const nt_graph *graph;
    nt_suspects suspects;
    const bool *live; /* the nodes that are looked at; NULL: all */
    const nt_node *culprit;
} search;

static bool all_finite(const float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* `sample`: -1: all. Of a portion that it isn't in, nothing is looked at. */
static bool is_finite(nt_tensor value, nt_portion portion, int32_t sample) {
    int64_t size = nt_type_stored(value.type), at = sample - portion.first;
    if (sample < 0 || !value.type.batched)
        return all_finite(value.f, value.count * size);
    return at < 0 || at >= portion.count || all_finite(value.f + at * size, size);
}

static void look_at(void *context, int32_t number, bool done) {
    search *s = context;
    const nt_node *node = nt_graph_node(s->graph, number);
    if (!done || s->culprit || (s->live && !s->live[number]))
        return;
    for (int32_t k = 0; k < node->out_count; k++) {
        nt_tensor value = nt_run_value(s->run, (nt_value){.node = number, .output = k});
        if (value.data && value.type.dtype == NT_F32 &&
            !is_finite(value, nt_run_portion(s->run), s->suspects.sample))
            s->culprit = node;
    }
}

nt_status nt_culprit_find(nt_run *run, const nt_graph *graph, const nt_feed *feeds, int feed_count,
                          int32_t count, nt_suspects suspects, const nt_node **ret,
                          nt_error *error) {
    search s = {.run = run, .graph = graph, .suspects = suspects};
    size_t size = (size_t)nt_graph_size(graph) * sizeof(bool);
    bool *live = NULL;
    if (suspects.output >= 0) {
        if (!(live = nt_alloc_zero(size)))
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        nt_graph_mark_ancestors(graph, nt_graph_output(graph, suspects.output)->value, live);
        s.live = live;
    }
    nt_run_refresh(run);
    nt_run_set_watch(run, look_at, &s);
    nt_status status = nt_run_batch(run, feeds, feed_count, count, error);
    nt_run_set_watch(run, NULL, NULL);
    nt_free(live, live ? size : 0);
    if (status == NT_OK)
        *ret = s.culprit;
    return status;
}

/* An input has no node that runs: its batch is looked at here. */
static bool input_is_finite(const nt_graph *graph, const nt_feed *feed, int32_t sample) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (node->op == &nt_op_input && strcmp(node->name, feed->name) == 0) {
            int64_t size = nt_type_stored(node->out[0]);
            return all_finite((const float *)feed->data + sample * size, size);
        }
    }
    return true;
}

nt_status nt_culprit_say(nt_run *run, const nt_graph *graph, const nt_feed *feed, int32_t count,
                         nt_suspects suspects, const char *image, nt_error *error) {
    const nt_node *node = NULL;
    if (!input_is_finite(graph, feed, suspects.sample))
        return nt_error_say(error, NT_FAILED, "the pixels of %s are not finite", image);
    NT_TRY(nt_culprit_find(run, graph, feed, 1, count, suspects, &node, error));
    nt_error_say(error, NT_FAILED,
                 "the logits of %s are not finite: the first such value is in '%s' (%s)", image,
                 node ? node->name : "?", node ? node->op->kind.name : "?");
    nt_error_hint(error, "float32 can't hold what these weights make of it");
    return NT_FAILED;
}
