/* Up to thousands of processes, simulated: simulate < MODEL
 *
 * The model is lines of a word and numbers; what is not said is 0:
 *
 *     machines RANKS ALPHA BETA SIGMA_RANK SIGMA_UNIT MTBF RESTART SEED
 *     sweep SEEDS AHEAD ALONE WEIGHTS TREE START HANDLE SAVE SAVE_BYTE PAUSE FAILING
 *     graph SETUP BYTES                       (numbered from 0)
 *     unit GRAPH SECONDS ORDER_BYTES ANSWER_BYTES
 *     training STEPS SHARDS BUCKETS FORWARD BACKWARD UPDATE GATHER BYTES ADD CHECKPOINT
 *
 * as simulate.h has them. Prints what it finds as JSON, of the sweep if there are units, of the
 * training if there are steps. Exits 1 where a unit was not committed exactly once. */
#include "simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- chance ----------------------------------------------------------------------------------- */

static unsigned short state[3];

void chance_begin(int seed) {
    state[0] = 0x330E;
    state[1] = (unsigned short)seed;
    state[2] = (unsigned short)(seed >> 16);
    for (int i = 0; i < 10; i++)
        erand48(state);
}

double chance(void) {
    double drawn = erand48(state);
    return drawn > 0 ? drawn : 0x1p-48;
}

double chance_speed(double sigma) {
    if (sigma <= 0)
        return 1;
    double normal = sqrt(-2 * log(chance())) * cos(6.283185307179586 * chance());
    return exp(sigma * normal - sigma * sigma / 2);
}

double chance_failure(double every) {
    return every > 0 ? -every * log(chance()) : INFINITY;
}

/* --- the model -------------------------------------------------------------------------------- */

enum { MOST_NUMBERS = 12 };

typedef struct description {
    machines machines;
    sweep sweep;
    training training;
    int graph_room, unit_room;
} description;

/* Room for one more. Ends the process when there is none. */
static void *more(void *items, int count, int *room, size_t each) {
    if (count < *room)
        return items;
    *room = 2 * *room + 16;
    void *longer = realloc(items, (size_t)*room * each);
    if (!longer) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return longer;
}

static void add_graph(description *model, const double *n) {
    sweep *s = &model->sweep;
    s->graphs = more(s->graphs, s->graph_count, &model->graph_room, sizeof *s->graphs);
    s->graphs[s->graph_count++] = (graph){n[0], n[1]};
}

static void add_unit(description *model, const double *n) {
    sweep *s = &model->sweep;
    int room = model->unit_room;
    s->units = more(s->units, s->unit_count, &room, sizeof *s->units);
    s->sizes = more(s->sizes, s->unit_count, &model->unit_room, sizeof *s->sizes);
    s->units[s->unit_count] = (nt_unit){.graph = (int32_t)n[0], .count = 1, .cost = n[1]};
    s->sizes[s->unit_count++] = (unit_size){n[2], n[3]};
}

static bool read_line(description *model, const char *word, const double *n) {
    if (strcmp(word, "machines") == 0) {
        model->machines = (machines){(int)n[0], n[1], n[2], n[3], n[4], n[5], n[6], (int)n[7]};
    } else if (strcmp(word, "sweep") == 0) {
        sweep *s = &model->sweep;
        s->seeds = (int)n[0];
        s->ahead = (int)n[1];
        s->alone = n[2] != 0;
        s->weights = n[3];
        s->tree = n[4] != 0;
        s->start = n[5];
        s->handle = n[6];
        s->save = n[7];
        s->save_byte = n[8];
        s->pause = n[9];
        s->failing = n[10];
    } else if (strcmp(word, "graph") == 0) {
        add_graph(model, n);
    } else if (strcmp(word, "unit") == 0) {
        add_unit(model, n);
    } else if (strcmp(word, "training") == 0) {
        model->training =
            (training){(int)n[0], (int)n[1], (int)n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]};
    } else {
        return false;
    }
    return true;
}

static bool read_model(description *model) {
    char line[1000];
    for (int number = 1; fgets(line, sizeof line, stdin); number++) {
        double numbers[MOST_NUMBERS] = {0};
        char word[32], *at = line;
        int length = 0;
        if (sscanf(line, "%31s%n", word, &length) != 1)
            continue;
        at += length;
        for (int i = 0; i < MOST_NUMBERS; i++)
            numbers[i] = strtod(at, &at);
        if (!read_line(model, word, numbers)) {
            fprintf(stderr, "line %d: there is no '%s'\n", number, word);
            return false;
        }
    }
    return true;
}

static bool check_model(const description *model) {
    const sweep *s = &model->sweep;
    bool good = model->machines.ranks >= 1 && model->training.shards >= 0 && s->ahead <= 4 &&
                (s->unit_count == 0 || (s->ahead >= 1 && s->seeds >= 1)) &&
                !(s->alone && model->machines.ranks == 1) &&
                (model->training.steps == 0 || model->training.buckets >= 1);
    for (int i = 0; i < s->unit_count; i++)
        good = good && s->units[i].graph >= 0 && s->units[i].graph < s->graph_count;
    if (!good)
        fputs("the model doesn't fit together\n", stderr);
    return good;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* JSON has no infinity: what never ends takes longer than anything. */
static double finite_of(double seconds) {
    return isinf(seconds) ? 1e300 : seconds;
}

static bool print_sweep(const description *model) {
    sweep_times t;
    if (!simulate_sweep(&model->machines, &model->sweep, &t)) {
        fputs("out of memory\n", stderr);
        return false;
    }
    printf("{\"total\": %.9g, \"computing\": %.9g, \"setup\": %.9g, \"weights\": %.9g, "
           "\"leading\": %.9g, \"starved\": %.9g, \"committed\": %d, \"failed\": %d, "
           "\"restarts\": %d, \"each_once\": %s}\n",
           finite_of(t.total), t.computing, t.setup, t.weights, t.leading, t.starved, t.committed,
           t.failed, t.restarts, t.each_once ? "true" : "false");
    return t.each_once;
}

static void print_training(const description *model) {
    training_times t;
    simulate_training(&model->machines, &model->training, &t);
    printf("{\"step\": %.9g, \"computing\": %.9g, \"waiting\": %.9g, \"network\": %.9g, "
           "\"total\": %.9g, \"restarts\": %d}\n",
           t.step, t.computing, t.waiting, t.network, finite_of(t.total), t.restarts);
}

int main(void) {
    description model = {.machines = {.ranks = 1}};
    bool good = read_model(&model) && check_model(&model);
    if (good && model.sweep.unit_count > 0)
        good = print_sweep(&model);
    if (good && model.training.steps > 0)
        print_training(&model);
    free(model.sweep.graphs);
    free(model.sweep.units);
    free(model.sweep.sizes);
    return good ? 0 : 1;
}
