/* Stretches grow greedily, step by step, as long as each step takes its samples one by one, the
 * batch's maps alive in it exceed the cache, and the portion that fits is worth each step's
 * weights. What computes more than it moves is left whole: it hardly waits for memory, and large
 * batches are cut better. */
#include "portions.h"

#include "alloc.h"
#include "machine.h"
#include "parallel.h"
#include <string.h>

enum {
    MOST_ADDS = 12, /* multiply-adds a byte: ResNet34's stages of 64 channels have 15 to 20 and lose
                       5 %; of MobileNets, which win 20 to 40 %, 2 to 9 */
    SECOND_LEVELS = 4 /* of 1 to 24, both 1 and 16 are a tenth slower with MobileNetV2 */
};

static size_t bytes_of(nt_type type) {
    return (size_t)nt_type_stored(type) * sizeof(float);
}

/* Whether what it makes of a sample depends on no other one, nor on the sample's place. */
static bool takes_one_by_one(const nt_graph *graph, const nt_node *node) {
    bool batched =
        !node->grad && !(node->op->traits & NT_OP_RANDOM) && nt_graph_gathered(graph, node) == 0;
    for (int32_t k = 0; k < node->out_count; k++)
        batched = batched && node->out[k].batched;
    return batched;
}

/* A stretch that grows: what of its own values is alive, a sample, and the most that a step has
 * alive or reads. */
typedef struct growing {
    const nt_ordered *ordered;
    const int32_t *position; /* per node; -1: it isn't in the order */
    nt_stretch stretch;
    size_t alive, peak;
    size_t fewest;          /* samples that are worth each step's weights */
    double executed, moved; /* multiply-adds, and bytes read and written, a sample */
} growing;

static bool read_before(const nt_node *node, int32_t j) {
    for (int32_t i = 0; i < j; i++)
        if (node->in[i].node == node->in[j].node && node->in[i].output == node->in[j].output)
            return true;
    return false;
}

typedef struct step_bytes {
    size_t made;    /* that anybody reads, a sample */
    size_t read;    /* a sample */
    size_t outside; /* of these, made before the stretch */
    size_t dead;    /* of these, made in the stretch and not read again */
    size_t weights;
} step_bytes;

static step_bytes bytes_of_step(const growing *g, const nt_node *node, int32_t s) {
    const nt_ordered *o = g->ordered;
    step_bytes bytes = {0};
    for (int32_t k = 0; k < node->out_count; k++)
        if (o->last_read[node->first_value + k] >= 0)
            bytes.made += bytes_of(node->out[k]);
    for (int32_t j = 0; j < node->in_count; j++) {
        nt_type type = *nt_graph_type(o->graph, node->in[j]);
        if (read_before(node, j))
            continue;
        if (!type.batched) {
            bytes.weights += bytes_of(type);
            continue;
        }
        bytes.read += bytes_of(type);
        if (g->position[node->in[j].node] < g->stretch.first)
            bytes.outside += bytes_of(type);
        else if (o->last_read[nt_graph_value_number(o->graph, node->in[j])] == s)
            bytes.dead += bytes_of(type);
    }
    return bytes;
}

/* Multiply-adds that the node's op executes for a sample. */
static double executed_by(const nt_graph *graph, const nt_node *node) {
    nt_type in[NT_MAX_INPUTS + NT_MAX_PARAMS];
    if (!node->op->executed)
        return 0;
    for (int32_t j = 0; j < node->in_count; j++)
        in[j] = *nt_graph_type(graph, node->in[j]);
    return (double)node->op->executed(node->attrs, in, node->out);
}

/* Adds the next step, if there is one that it pays for. */
static bool grow(growing *g, int32_t batch, size_t cache) {
    const nt_ordered *o = g->ordered;
    int32_t s = g->stretch.end;
    if (s == o->count)
        return false;
    const nt_node *node = nt_graph_node(o->graph, o->order[s]);
    if (!takes_one_by_one(o->graph, node))
        return false;
    step_bytes bytes = bytes_of_step(g, node, s);
    size_t working = g->alive + bytes.made + bytes.outside;
    if (working == 0 || working <= cache / (size_t)batch)
        return false;
    size_t peak = working > g->peak ? working : g->peak, samples = cache / peak;
    size_t fewest = (bytes.weights + working - 1) / working;
    samples = samples > 0 ? samples : 1;
    fewest = fewest > g->fewest ? fewest : g->fewest;
    if (samples < fewest)
        return false;
    g->peak = peak;
    g->executed += executed_by(o->graph, node);
    g->moved += (double)(bytes.made + bytes.read);
    g->fewest = fewest;
    g->alive += bytes.made - bytes.dead;
    g->stretch.end = s + 1;
    g->stretch.samples = (int32_t)samples;
    return true;
}

static bool pays(const growing *g, int32_t batch) {
    return g->stretch.end - g->stretch.first >= 2 && g->stretch.samples < batch &&
           g->executed <= MOST_ADDS * g->moved;
}

static int32_t find(growing g, int32_t from, int32_t batch, size_t cache, nt_stretch *ret) {
    int32_t count = 0;
    for (int32_t s = from; s < g.ordered->count;) {
        g.stretch = (nt_stretch){.first = s, .end = s};
        g.alive = g.peak = g.fewest = 0;
        g.executed = g.moved = 0;
        while (grow(&g, batch, cache))
            ;
        if (pays(&g, batch))
            ret[count++] = g.stretch;
        s = g.stretch.end > s ? g.stretch.end : s + 1;
    }
    return count;
}

nt_status nt_portions_find(const nt_ordered *ordered, int32_t from, int32_t batch, size_t cache,
                           nt_stretch *ret_stretches, int32_t *ret_count) {
    size_t size = (size_t)nt_graph_size(ordered->graph) * sizeof(int32_t);
    int32_t *position = nt_alloc(size);
    if (!position)
        return NT_NO_MEMORY;
    memset(position, -1, size);
    for (int32_t s = 0; s < ordered->count; s++)
        position[ordered->order[s]] = s;
    *ret_count = find((growing){.ordered = ordered, .position = position}, from, batch, cache,
                      ret_stretches);
    nt_free(position, size);
    return NT_OK;
}

size_t nt_portions_cache(void) {
    return SECOND_LEVELS * nt_machine_cache() * (size_t)nt_threads();
}
