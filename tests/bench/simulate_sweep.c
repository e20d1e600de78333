/* Events in order of time: orders that reach a rank, units that it ends, answers that reach rank 0,
 * which does with them what interpreter/measure/case_units.c does. The units are given out by the
 * program's own queue. */
#include "simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AHEAD = 4, MOST_RESTARTS = 100000 };

typedef enum what { ORDERED, ENDED, ANSWERED } what;

typedef struct event {
    double time;
    what what;
    int hand, unit;
    bool failed;
} event;

typedef struct hand {
    double speed;
    double free;          /* when its last unit ends */
    int graph;            /* -1: none yet */
    int with;             /* units that rank 0 counts as its own */
    int here[MOST_AHEAD]; /* orders that have come and wait, in order */
    int waiting;          /* of these */
    bool busy;
    double idle_since;
} hand;

typedef struct world {
    const machines *m;
    const sweep *s;
    nt_unit_queue *queue;
    int *open;   /* the units in the queue, by their number in the sweep */
    nt_unit *of; /* the same */
    int *commits, *failures;
    hand *hands;
    event *events; /* a heap */
    int event_count;
    double now;     /* rank 0's clock */
    double out, in; /* when its line is free, either way */
    double failure; /* when a rank will fail */
    sweep_times times;
} world;

/* --- events ----------------------------------------------------------------------------------- */

static bool before(const event *a, const event *b) {
    return a->time < b->time || (a->time == b->time && a->hand < b->hand);
}

static void swap(event *a, event *b) {
    event c = *a;
    *a = *b;
    *b = c;
}

/* A rank has no more events under way than units: room for them was made. */
static void push(world *w, event e) {
    int i = w->event_count++;
    w->events[i] = e;
    for (; i > 0 && before(&w->events[i], &w->events[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->events[i], &w->events[(i - 1) / 2]);
}

static event pop(world *w) {
    event first = w->events[0];
    w->events[0] = w->events[--w->event_count];
    for (int i = 0, next; (next = 2 * i + 1) < w->event_count; i = next) {
        if (next + 1 < w->event_count && before(&w->events[next + 1], &w->events[next]))
            next++;
        if (!before(&w->events[next], &w->events[i]))
            break;
        swap(&w->events[next], &w->events[i]);
    }
    return first;
}

/* --- a rank that computes --------------------------------------------------------------------- */

/* Computes one unit from `time` on; returns when it ends. */
static double compute(world *w, hand *h, int unit, double time) {
    const nt_unit *u = &w->s->units[w->open[unit]];
    double setup = h->graph == u->graph ? 0 : w->s->graphs[u->graph].setup * h->speed;
    double seconds = u->cost * h->speed * chance_speed(w->m->sigma_unit);
    h->graph = u->graph;
    w->times.setup += setup;
    w->times.computing += seconds;
    return time + setup + seconds;
}

static void begin_next(world *w, int number, double time) {
    hand *h = &w->hands[number];
    if (h->busy || h->waiting == 0)
        return;
    w->times.starved += time - h->idle_since;
    int unit = h->here[0], original = w->open[unit];
    memmove(h->here, h->here + 1, (size_t)--h->waiting * sizeof *h->here);
    h->busy = true;
    bool fails = w->failures[original] == 0 && chance() < w->s->failing;
    push(w, (event){compute(w, h, unit, time), ENDED, number, unit, fails});
}

/* The line to rank 0 takes one message at a time. */
static void answer(world *w, const event *e) {
    double bytes = w->s->sizes[w->open[e->unit]].answer;
    w->in = fmax(w->in, e->time) + w->m->beta * bytes;
    push(w, (event){w->in + w->m->alpha, ANSWERED, e->hand, e->unit, e->failed});
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

/* Lets the others go on up to now. *ret: an answer that has come, if true. */
static bool look(world *w, event *ret) {
    while (w->event_count > 0 && w->events[0].time <= w->now) {
        event e = pop(w);
        hand *h = &w->hands[e.hand];
        if (e.what == ANSWERED) {
            *ret = e;
            return true;
        }
        if (e.what == ORDERED) {
            h->here[h->waiting++] = e.unit;
        } else {
            h->busy = false;
            h->idle_since = e.time;
            answer(w, &e);
        }
        begin_next(w, e.hand, e.time);
    }
    return false;
}

static void lead(world *w, double seconds) {
    w->now += seconds;
    w->times.leading += seconds;
}

static void commit(world *w, int unit) {
    int original = w->open[unit];
    lead(w, w->s->save + w->s->save_byte * w->s->sizes[original].answer);
    if (w->now > w->failure)
        return;
    nt_unit_queue_done(w->queue, unit);
    w->commits[original]++;
    w->times.committed++;
}

static void note_failure(world *w, int unit) {
    w->failures[w->open[unit]]++;
    w->times.failed++;
    if (!nt_unit_queue_failed(w->queue, unit))
        w->commits[w->open[unit]] = -1; /* never again */
}

static void give(world *w, int number, int unit) {
    const sweep *s = w->s;
    hand *h = &w->hands[number];
    const nt_unit *u = &s->units[w->open[unit]];
    bool new_graph = h->graph != u->graph; /* as far as rank 0 knows: near enough */
    double bytes = s->sizes[w->open[unit]].order + (new_graph ? s->graphs[u->graph].bytes : 0);
    lead(w, s->handle);
    w->out = fmax(w->out, w->now) + w->m->beta * bytes;
    h->with++;
    push(w, (event){w->out + w->m->alpha, ORDERED, number, unit, false});
}

static void give_all(world *w) {
    for (int ahead = 0; ahead < w->s->ahead; ahead++)
        for (int h = 1; h < w->m->ranks; h++) {
            int unit = w->hands[h].with == ahead ? nt_unit_queue_next(w->queue, h) : -1;
            if (unit >= 0)
                give(w, h, unit);
        }
}

static bool take_all(world *w) {
    event e;
    bool any = false;
    while (look(w, &e)) {
        any = true;
        lead(w, w->s->handle);
        w->hands[e.hand].with--;
        if (e.failed)
            note_failure(w, e.unit);
        else
            commit(w, e.unit);
    }
    return any;
}

static bool work_here(world *w) {
    int unit = w->s->alone ? -1 : nt_unit_queue_next(w->queue, 0);
    if (unit < 0)
        return false;
    bool fails = w->failures[w->open[unit]] == 0 && chance() < w->s->failing;
    w->now = compute(w, &w->hands[0], unit, w->now);
    if (fails)
        note_failure(w, unit);
    else
        commit(w, unit);
    return true;
}

/* Until all is done, or a rank fails. */
static void work_together(world *w) {
    while (nt_unit_queue_left(w->queue) > 0 && w->now <= w->failure) {
        give_all(w);
        bool came = take_all(w);
        give_all(w);
        bool worked = work_here(w);
        if (!came && !worked && w->event_count > 0) /* looks every `pause` */
            w->now = fmax(w->now, w->events[0].time) + w->s->pause * chance();
    }
}

/* --- rounds ----------------------------------------------------------------------------------- */

/* Every other rank gets the weights: from rank 0 one after the other, or by doubling. */
static void send_weights(world *w) {
    double each = w->m->alpha + w->m->beta * w->s->weights, spent = 0;
    if (w->m->ranks > 1 && w->s->tree)
        spent = each * ceil(log2(w->m->ranks));
    else
        spent = each * (w->m->ranks - 1);
    w->now += w->s->start + spent;
    w->times.weights += spent;
    w->out = w->in = w->now;
}

/* What is not committed yet is shared out anew, to ranks that know nothing. */
static bool begin(world *w) {
    int count = 0;
    for (int i = 0; i < w->s->unit_count; i++)
        if (w->commits[i] == 0) {
            w->open[count] = i;
            w->of[count++] = w->s->units[i];
        }
    for (int h = 0; h < w->m->ranks; h++)
        w->hands[h] = (hand){.speed = w->hands[h].speed, .graph = -1};
    w->event_count = 0;
    send_weights(w);
    for (int h = 0; h < w->m->ranks; h++)
        w->hands[h].idle_since = w->now;
    nt_unit_queue_free(w->queue);
    w->queue = NULL;
    return nt_unit_queue_new(w->of, count, w->s->graph_count, w->m->ranks, &w->queue) == NT_OK;
}

static bool measure_seed(world *w) {
    memset(w->commits, 0, (size_t)w->s->unit_count * sizeof *w->commits);
    memset(w->failures, 0, (size_t)w->s->unit_count * sizeof *w->failures);
    do {
        if (w->now > w->failure) { /* all ends with the rank that failed */
            w->now = w->failure + w->m->restart;
            w->failure = w->now + chance_failure(w->m->mtbf / w->m->ranks);
            if (++w->times.restarts > MOST_RESTARTS)
                w->now = INFINITY;
        }
        if (isinf(w->now))
            return true;
        if (!begin(w))
            return false;
        work_together(w);
    } while (w->now > w->failure);
    for (int i = 0; i < w->s->unit_count; i++)
        w->times.each_once = w->times.each_once && (w->commits[i] == 1 || w->failures[i] == 2);
    return true;
}

static void finish(world *w) {
    nt_unit_queue_free(w->queue);
    free(w->open);
    free(w->of);
    free(w->commits);
    free(w->failures);
    free(w->hands);
    free(w->events);
}

bool simulate_sweep(const machines *m, const sweep *s, sweep_times *ret) {
    size_t units = (size_t)s->unit_count + 1, ranks = (size_t)m->ranks;
    world w = {.m = m, .s = s, .times = {.each_once = true}};
    w.open = calloc(units, sizeof *w.open);
    w.of = calloc(units, sizeof *w.of);
    w.commits = calloc(units, sizeof *w.commits);
    w.failures = calloc(units, sizeof *w.failures);
    w.hands = calloc(ranks, sizeof *w.hands);
    w.events = calloc(ranks * (MOST_AHEAD + 1), sizeof *w.events);
    bool ok = w.open && w.of && w.commits && w.failures && w.hands && w.events;
    chance_begin(m->seed);
    for (int h = 0; ok && h < m->ranks; h++)
        w.hands[h].speed = chance_speed(m->sigma_rank);
    w.failure = chance_failure(m->mtbf / m->ranks);
    for (int i = 0; ok && i < s->seeds; i++)
        ok = measure_seed(&w);
    w.times.total = w.now;
    *ret = w.times;
    finish(&w);
    return ok;
}
