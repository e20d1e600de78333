/* Inputs precede their readers, so one walk back from the addition meets each node after all that
 * lead from it. Marks carry the addition's number: a walk leaves them behind, and the next one
 * takes them for none. */
#include "fork.h"

#include "network.h"
#include <string.h>

static nt_fork_mark *mark_at(nt_fork_mark *marks, int32_t sum, int32_t i) {
    if (marks[i].sum != sum)
        marks[i] = (nt_fork_mark){.sum = sum};
    return &marks[i];
}

int32_t nt_fork_of(const nt_graph *graph, int32_t sum, nt_fork_mark *marks) {
    const nt_node *node = nt_graph_node(graph, sum);
    uint64_t all = 0;
    for (int32_t k = 0; k < node->data_count && k < NT_FORK_SIDES; k++) {
        mark_at(marks, sum, node->in[k].node)->sides |= UINT64_C(1) << k;
        all |= UINT64_C(1) << k;
    }
    for (int32_t i = sum; i-- > 0;) {
        if (nt_fork_sides(marks, sum, i) == 0)
            continue;
        if (marks[i].sides == all)
            return i;
        const nt_node *from = nt_graph_node(graph, i);
        marks[i].longest += nt_node_is_convolution(graph, from);
        for (int32_t j = 0; j < from->data_count; j++) {
            nt_fork_mark *to = mark_at(marks, sum, from->in[j].node);
            to->sides |= marks[i].sides;
            if (to->longest < marks[i].longest)
                to->longest = marks[i].longest;
        }
    }
    return -1;
}

void nt_fork_lengths(const nt_fork_mark *marks, int32_t fork, int32_t sum,
                     int32_t ret[NT_FORK_SIDES]) {
    memset(ret, 0, NT_FORK_SIDES * sizeof *ret);
    for (int32_t i = fork + 1; i < sum; i++) {
        uint64_t sides = nt_fork_sides(marks, sum, i);
        if (sides == 0 || (sides & (sides - 1)) != 0)
            continue;
        int side = __builtin_ctzll(sides);
        if (marks[i].longest > ret[side])
            ret[side] = marks[i].longest;
    }
}
