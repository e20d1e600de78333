#include "fork.h"

#include "network.h"
#include <string.h>

int32_t nt_fork_of(const nt_graph *graph, int32_t sum, nt_fork_mark *marks) {
    const nt_node *node = nt_graph_node(graph, sum);
    memset(marks, 0, (size_t)sum * sizeof *marks);
    uint64_t all = 0;
    for (int32_t k = 0; k < node->data_count && k < NT_FORK_SIDES; k++) {
        marks[node->in[k].node].sides |= UINT64_C(1) << k;
        all |= UINT64_C(1) << k;
    }
    for (int32_t i = sum; i-- > 0;) {
        if (marks[i].sides == 0)
            continue;
        if (marks[i].sides == all)
            return i;
        const nt_node *from = nt_graph_node(graph, i);
        marks[i].longest += nt_node_is_convolution(graph, from);
        for (int32_t j = 0; j < from->data_count; j++) {
            nt_fork_mark *to = &marks[from->in[j].node];
            to->sides |= marks[i].sides;
            if (to->longest < marks[i].longest)
                to->longest = marks[i].longest;
        }
    }
    return -1;
}

int32_t nt_fork_length(const nt_fork_mark *marks, int32_t fork, int32_t sum, int side) {
    int32_t length = 0;
    for (int32_t i = fork + 1; i < sum; i++)
        if (marks[i].sides == UINT64_C(1) << side && marks[i].longest > length)
            length = marks[i].longest;
    return length;
}
