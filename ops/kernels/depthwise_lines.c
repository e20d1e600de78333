/* A few vectors of channels of a few places, or taps, are summed up in registers at a time. The
 * last channels, where they don't fill a vector, are summed as a part of one that begins before
 * them; and singly, where there are fewer channels than a vector has. */
#include "depthwise_lines.h"

#include "integers.h"
#include "lanes.h"
#include "vectorise.h"

enum {
    WIDE = 2,   /* vectors of channels */
    PLACES = 4, /* that share what is read of the kernel */
    TAPS = 3,   /* that share what is read of the gradient */
    /* Channels, and places, that are worked on before the next ones: what several taps read of
     * them stays in the first-level cache. */
    NEAR_CHANNELS = 128,
    NEAR_PLACES = 16
};

/* --- sums over taps --------------------------------------------------------------------------- */

typedef struct result {
    const float *kernel;
    float *to;
    int64_t to_step;
} result;

NT_INLINE void sum_block(const nt_depthwise_run *run, const result *r, int64_t place,
                         int64_t channel, int places, int vectors) {
    nt_lanes sums[PLACES][WIDE] = {{{0}}}, weight[WIDE];
    for (int t = 0; t < run->taps; t++) {
        const float *from = run->from[t] + place * run->step + channel;
        const float *kernel = r->kernel + run->at[t] + channel;
        for (int v = 0; v < vectors; v++)
            weight[v] = NT_LANES_LOAD(kernel + v * NT_LANES);
        for (int p = 0; p < places; p++)
            for (int v = 0; v < vectors; v++)
                sums[p][v] += NT_LANES_LOAD(from + p * run->step + v * NT_LANES) * weight[v];
    }
    float *to = r->to + place * r->to_step + channel;
    for (int p = 0; p < places; p++)
        for (int v = 0; v < vectors; v++)
            NT_LANES_STORE(to + p * r->to_step + v * NT_LANES, sums[p][v]);
}

NT_INLINE void sum_singly(const nt_depthwise_run *run, const result *r, int64_t place, int places) {
    for (int64_t p = place; p < place + places; p++)
        for (int64_t c = 0; c < run->channels; c++) {
            float sum = 0;
            for (int t = 0; t < run->taps; t++)
                sum += run->from[t][p * run->step + c] * r->kernel[run->at[t] + c];
            r->to[p * r->to_step + c] = sum;
        }
}

NT_INLINE void sum_places(const nt_depthwise_run *run, const result *r, int64_t place, int places,
                          int64_t channel, int64_t end) {
    for (; end - channel >= WIDE * NT_LANES; channel += WIDE * NT_LANES)
        sum_block(run, r, place, channel, places, WIDE);
    for (; end - channel >= NT_LANES; channel += NT_LANES)
        sum_block(run, r, place, channel, places, 1);
    if (channel < end && end >= NT_LANES)
        sum_block(run, r, place, end - NT_LANES, places, 1);
    else if (channel < end)
        sum_singly(run, r, place, places);
}

NT_VECTORISED(sum, (const nt_depthwise_run *run, const result *r), (run, r)) {
    for (int64_t channel = 0; channel < run->channels; channel += NEAR_CHANNELS) {
        int64_t end = nt_min(run->channels, channel + NEAR_CHANNELS), place = 0;
        for (; run->places - place >= PLACES; place += PLACES)
            sum_places(run, r, place, PLACES, channel, end);
        for (; place < run->places; place++)
            sum_places(run, r, place, 1, channel, end);
    }
}

void nt_depthwise_sum(const nt_depthwise_run *run, const float *kernel, float *to,
                      int64_t to_step) {
    const result r = {kernel, to, to_step};
    sum(run, &r);
}

/* --- sums over places ------------------------------------------------------------------------- */

/* Some places, and the gradient to them. */
typedef struct gradient {
    const float *dy;
    int64_t dy_step, place, end;
    float *sums;
} gradient;

/* Of a single vector, the first `done` lanes have been added before. */
NT_INLINE void correlate_block(const nt_depthwise_run *run, const gradient *g, int64_t channel,
                               int tap, int taps, int vectors, int64_t done) {
    nt_lanes sums[TAPS][WIDE] = {{{0}}}, dy[WIDE];
    for (int64_t p = g->place; p < g->end; p++) {
        for (int v = 0; v < vectors; v++)
            dy[v] = NT_LANES_LOAD(g->dy + p * g->dy_step + channel + v * NT_LANES);
        for (int t = 0; t < taps; t++) {
            const float *from = run->from[tap + t] + p * run->step + channel;
            for (int v = 0; v < vectors; v++)
                sums[t][v] += NT_LANES_LOAD(from + v * NT_LANES) * dy[v];
        }
    }
    for (int t = 0; t < taps; t++) {
        float *to = g->sums + run->at[tap + t] + channel;
        for (int v = 0; v < vectors && done == 0; v++)
            NT_LANES_STORE(to + v * NT_LANES, NT_LANES_LOAD(to + v * NT_LANES) + sums[t][v]);
        for (int64_t i = done; i < NT_LANES && done > 0; i++)
            to[i] += sums[t][0][i];
    }
}

NT_INLINE void correlate_taps(const nt_depthwise_run *run, const gradient *g, int64_t channel,
                              int vectors, int64_t done) {
    int tap = 0;
    for (; run->taps - tap >= TAPS; tap += TAPS)
        correlate_block(run, g, channel, tap, TAPS, vectors, done);
    for (; tap < run->taps; tap++)
        correlate_block(run, g, channel, tap, 1, vectors, done);
}

NT_INLINE void correlate_singly(const nt_depthwise_run *run, const gradient *g) {
    for (int t = 0; t < run->taps; t++)
        for (int64_t c = 0; c < run->channels; c++) {
            float sum = 0;
            for (int64_t p = g->place; p < g->end; p++)
                sum += run->from[t][p * run->step + c] * g->dy[p * g->dy_step + c];
            g->sums[run->at[t] + c] += sum;
        }
}

NT_INLINE void correlate_places(const nt_depthwise_run *run, const gradient *g) {
    int64_t channel = 0, end = run->channels;
    for (; end - channel >= WIDE * NT_LANES; channel += WIDE * NT_LANES)
        correlate_taps(run, g, channel, WIDE, 0);
    for (; end - channel >= NT_LANES; channel += NT_LANES)
        correlate_taps(run, g, channel, 1, 0);
    if (channel < end && end >= NT_LANES)
        correlate_taps(run, g, end - NT_LANES, 1, channel - (end - NT_LANES));
    else if (channel < end)
        correlate_singly(run, g);
}

NT_VECTORISED(correlate,
              (const nt_depthwise_run *run, const float *dy, int64_t dy_step, float *sums),
              (run, dy, dy_step, sums)) {
    for (int64_t place = 0; place < run->places; place += NEAR_PLACES) {
        const gradient g = {dy, dy_step, place, nt_min(run->places, place + NEAR_PLACES), sums};
        correlate_places(run, &g);
    }
}

void nt_depthwise_correlate(const nt_depthwise_run *run, const float *dy, int64_t dy_step,
                            float *sums) {
    correlate(run, dy, dy_step, sums);
}
