/* Each graph's units are a run of `order`; what was given of it is a prefix. Units that failed are
 * looked at first, since they are few. */
#include "unit_queue.h"

#include "alloc.h"
#include <stdlib.h>

enum { NOBODY = -1 };

typedef struct item {
    nt_unit unit;
    int32_t number;
    int32_t failed_by; /* NOBODY: it hasn't failed */
    bool waits;        /* to be given again */
    int32_t hand;      /* who has or had it last */
} item;

typedef struct pile {
    int32_t first, count, given; /* of `order` */
    int32_t hands;               /* that are at this graph */
    double left;                 /* cost that nobody has taken */
} pile;

struct nt_unit_queue {
    item *items;
    int32_t *order; /* the units, by graph, cost and number */
    pile *piles;
    int32_t *at;     /* per hand: its graph; NOBODY */
    bool *asked;     /* per hand: it has asked for a unit */
    int32_t *held;   /* per hand: units that it has */
    int32_t ungiven; /* units that nobody has and that haven't failed */
    int32_t count, graphs, hands, left, waiting;
    int32_t asking; /* hands that have asked: others may never do */
};

static int compare(const void *a, const void *b) {
    const item *x = a, *y = b;
    if (x->unit.graph != y->unit.graph)
        return x->unit.graph < y->unit.graph ? -1 : 1;
    if (x->unit.cost != y->unit.cost)
        return x->unit.cost > y->unit.cost ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Sorts the items, notes their order, and puts them back where their numbers say. */
static void arrange(nt_unit_queue *q, item *sorted) {
    qsort(sorted, (size_t)q->count, sizeof *sorted, compare);
    for (int32_t i = 0; i < q->count; i++) {
        pile *p = &q->piles[sorted[i].unit.graph];
        if (p->count++ == 0)
            p->first = i;
        p->left += sorted[i].unit.cost;
        q->order[i] = sorted[i].number;
        q->items[sorted[i].number] = sorted[i];
    }
}

static size_t bytes_of(int32_t count, size_t each) {
    return (size_t)(count > 0 ? count : 1) * each;
}

nt_status nt_unit_queue_new(const nt_unit *units, int32_t count, int32_t graphs, int32_t hands,
                            nt_unit_queue **ret) {
    nt_unit_queue *q = nt_alloc_zero(sizeof *q);
    item *sorted = nt_alloc(bytes_of(count, sizeof *sorted));
    if (q) {
        *q = (nt_unit_queue){
            .count = count, .graphs = graphs, .hands = hands, .left = count, .ungiven = count};
        q->items = nt_alloc_zero(bytes_of(count, sizeof *q->items));
        q->order = nt_alloc_zero(bytes_of(count, sizeof *q->order));
        q->piles = nt_alloc_zero(bytes_of(graphs, sizeof *q->piles));
        q->at = nt_alloc_zero(bytes_of(hands, sizeof *q->at));
        q->asked = nt_alloc_zero(bytes_of(hands, sizeof *q->asked));
        q->held = nt_alloc_zero(bytes_of(hands, sizeof *q->held));
    }
    bool ok = q && sorted && q->items && q->order && q->piles && q->at && q->asked && q->held;
    for (int32_t i = 0; ok && i < count; i++)
        sorted[i] = (item){units[i], i, NOBODY, false, NOBODY};
    for (int32_t h = 0; ok && h < hands; h++)
        q->at[h] = NOBODY;
    if (ok)
        arrange(q, sorted);
    nt_free(sorted, bytes_of(count, sizeof *sorted));
    if (!ok) {
        nt_unit_queue_free(q);
        return NT_NO_MEMORY;
    }
    *ret = q;
    return NT_OK;
}

void nt_unit_queue_free(nt_unit_queue *q) {
    if (!q)
        return;
    nt_free(q->items, bytes_of(q->count, sizeof *q->items));
    nt_free(q->order, bytes_of(q->count, sizeof *q->order));
    nt_free(q->piles, bytes_of(q->graphs, sizeof *q->piles));
    nt_free(q->at, bytes_of(q->hands, sizeof *q->at));
    nt_free(q->asked, bytes_of(q->hands, sizeof *q->asked));
    nt_free(q->held, bytes_of(q->hands, sizeof *q->held));
    nt_free(q, sizeof *q);
}

/* --- giving ----------------------------------------------------------------------------------- */

static int32_t give(nt_unit_queue *q, int32_t unit, int32_t hand) {
    int32_t graph = q->items[unit].unit.graph;
    q->items[unit].hand = hand;
    q->held[hand]++;
    if (q->at[hand] != graph) {
        if (q->at[hand] != NOBODY)
            q->piles[q->at[hand]].hands--;
        q->piles[graph].hands++;
        q->at[hand] = graph;
    }
    return unit;
}

/* One that failed with somebody else, or with this hand if nobody else asks for any. */
static int32_t find_waiting(nt_unit_queue *q, int32_t hand) {
    for (int32_t i = 0; q->waiting > 0 && i < q->count; i++)
        if (q->items[i].waits && (q->items[i].failed_by != hand || q->asking == 1)) {
            q->items[i].waits = false;
            q->waiting--;
            return i;
        }
    return -1;
}

static int32_t find_pile(const nt_unit_queue *q, int32_t hand) {
    int32_t best = q->at[hand];
    double most = -1;
    if (best != NOBODY && q->piles[best].given < q->piles[best].count)
        return best;
    best = NOBODY;
    for (int32_t g = 0; g < q->graphs; g++) {
        const pile *p = &q->piles[g];
        double share = p->left / (1 + p->hands);
        if (p->given < p->count && share > most) {
            best = g;
            most = share;
        }
    }
    return best;
}

int32_t nt_unit_queue_next(nt_unit_queue *q, int32_t hand) {
    q->asking += !q->asked[hand];
    q->asked[hand] = true;
    int32_t free = q->ungiven + q->waiting; /* units that nobody has */
    if (free == 0 || (q->held[hand] > 0 && free <= q->asking))
        return -1;
    int32_t unit = find_waiting(q, hand);
    if (unit >= 0)
        return give(q, unit, hand);
    int32_t graph = find_pile(q, hand);
    if (graph == NOBODY)
        return -1;
    pile *p = &q->piles[graph];
    unit = q->order[p->first + p->given++];
    p->left -= q->items[unit].unit.cost;
    q->ungiven--;
    return give(q, unit, hand);
}

/* --- the outcome ------------------------------------------------------------------------------ */

void nt_unit_queue_done(nt_unit_queue *q, int32_t unit) {
    q->held[q->items[unit].hand]--;
    q->left--;
}

bool nt_unit_queue_failed(nt_unit_queue *q, int32_t unit) {
    item *i = &q->items[unit];
    q->held[i->hand]--;
    if (i->failed_by != NOBODY) {
        q->left--;
        return false;
    }
    i->failed_by = i->hand;
    i->waits = true;
    q->waiting++;
    return true;
}

int32_t nt_unit_queue_left(const nt_unit_queue *q) {
    return q->left;
}
