/* The gradient of a convolution to its weight: for each tap and input channel (rows m of the
 * result) and each output channel (lanes), the sum over all output places of input times gradient.
 *
 *     dweight[m][lane] = sum over places of x[place meets m] * dy[place][lane]
 *
 * The result's own layout, blocks of NT_BLOCK lanes over rows m, is that of the micro-kernel's
 * tiles. A job is a block of rows m by a block of lanes of one group, and walks over the places in
 * pieces of NT_PIECE. Where a weight is too small to give enough jobs, the places are cut into
 * parts too, each part's sum is kept in shared memory, and the sums are added in order; how many
 * parts there are depends on the shape alone. */
#include "conv.h"
#include "conv_gather.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

enum {
    BLOCK_ROWS = 96,   /* about so many rows m a job */
    BLOCK_LANES = 256, /* at most so many lanes a job */
    WANTED_JOBS = 32,
    PART_PIECES = 4,  /* a part has at least so many pieces */
    ADD_JOB = 1 << 14 /* elements */
};

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

typedef struct gradient {
    const nt_conv_shape *shape;
    nt_gemm gemm;
    nt_gather left;
    const float *dy;
    float *to; /* the parts, or where there is one the result: [part][stored] */
    float *result;
    int64_t lanes, lane_panels, lane_jobs; /* of a group; panels of lanes in a job; jobs */
    int64_t rows, row_panels, row_jobs;    /* the same of rows m */
    int64_t places, part_places, parts;
    int64_t most_parts; /* grows with the places, as `parts` does not always */
    int64_t stored;     /* floats of the weight */
    char *workers;
    size_t per_worker;
} gradient;

static gradient gradient_of(const nt_conv_shape *shape, const float *x) {
    gradient g = {.shape = shape, .gemm = nt_gemm_query(), .left = nt_gather_forward(shape, x)};
    g.lanes = shape->out_channels / shape->groups;
    g.lane_panels = ceil_div(least(g.lanes, BLOCK_LANES), g.gemm.nr);
    g.lane_jobs = ceil_div(g.lanes, g.lane_panels * g.gemm.nr);
    g.rows = nt_gather_columns(&g.left);
    g.row_panels = ceil_div(least(g.rows, BLOCK_ROWS), g.gemm.mr);
    g.row_jobs = ceil_div(g.rows, g.row_panels * g.gemm.mr);
    g.places = nt_gather_rows(&g.left);
    g.stored = shape->groups * ceil_div(g.lanes, NT_BLOCK) * NT_BLOCK * g.rows;
    int64_t jobs = g.row_jobs * g.lane_jobs * shape->groups;
    g.most_parts = least(ceil_div(WANTED_JOBS, jobs), ceil_div(g.places, PART_PIECES * NT_PIECE));
    g.part_places = ceil_div(ceil_div(g.places, g.most_parts), NT_PIECE) * NT_PIECE;
    g.parts = ceil_div(g.places, g.part_places);
    return g;
}

nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape) {
    gradient g = gradient_of(shape, NULL);
    size_t left = (size_t)g.row_panels * nt_gemm_a_size(&g.gemm, NT_PIECE);
    size_t right = (size_t)g.lane_panels * nt_gemm_b_size(&g.gemm, NT_PIECE);
    size_t tiles = (size_t)(g.row_panels * g.lane_panels) * nt_gemm_tile_size(&g.gemm);
    return (nt_conv_need){
        .shared = g.most_parts > 1 ? (size_t)(g.most_parts * g.stored) * sizeof(float) : 0,
        .per_worker = (left + right + NT_PANEL_SLACK + tiles) * sizeof(float),
    };
}

/* Packs lanes [lane, lane_end) of the gradient at `length` places into B panels. */
static void pack_right(const gradient *g, int64_t group, int64_t place, int64_t length,
                       int64_t lane, int64_t lane_end, float *to) {
    for (; lane < lane_end; lane += g->gemm.nr, to += nt_gemm_b_size(&g->gemm, NT_PIECE)) {
        int64_t count = least(g->gemm.nr, lane_end - lane);
        const float *from = g->dy + place * g->shape->out_channels + group * g->lanes + lane;
        float *row = to;
        for (int64_t i = 0; i < length; i++) {
            for (int64_t j = 0; j < count; j++)
                row[j] = from[j];
            for (int64_t j = count; j < g->gemm.nr; j++)
                row[j] = 0;
            from += g->shape->out_channels;
            row += g->gemm.b_step;
        }
    }
}

/* What a job works on. */
typedef struct block {
    int64_t part, group, lane, lane_end, row, row_end;
} block;

static block block_of(const gradient *g, int job) {
    int64_t rest = job / g->row_jobs;
    block b = {.row = job % g->row_jobs * g->row_panels * g->gemm.mr};
    b.row_end = least(g->rows, b.row + g->row_panels * g->gemm.mr);
    b.lane = rest % g->lane_jobs * g->lane_panels * g->gemm.nr;
    b.lane_end = least(g->lanes, b.lane + g->lane_panels * g->gemm.nr);
    rest /= g->lane_jobs;
    b.group = rest % g->shape->groups;
    b.part = rest / g->shape->groups;
    return b;
}

/* Copies `count` lanes of one tile after another to rows of NT_BLOCK floats. */
static inline void emit_lanes(const nt_gemm *gemm, const float *tiles, int64_t rows, int64_t col,
                              int64_t count, float *to) {
    size_t size = nt_gemm_tile_size(gemm);
    for (int64_t row = 0; row < rows; tiles += size)
        for (int64_t i = 0; i < gemm->mr && row < rows; i++, row++, to += NT_BLOCK)
            for (int64_t j = 0; j < count; j++)
                to[j] = tiles[i * gemm->tile_row + j * col];
}

/* Writes the tiles (NULL: zeros) of a job, with zeros in the places past the last lane. A tile's
 * lanes may belong to two blocks of lanes of the result. */
static void emit(const gradient *g, const block *b, const float *tiles) {
    const nt_gemm *gemm = &g->gemm;
    int64_t rows = b->row_end - b->row, blocks = ceil_div(g->lanes, NT_BLOCK);
    size_t panel_size = (size_t)ceil_div(rows, gemm->mr) * nt_gemm_tile_size(gemm);
    float *group = g->to + b->part * g->stored + b->group * blocks * g->rows * NT_BLOCK;
    for (int64_t lane = b->lane, next; lane < b->lane_end; lane = next) {
        int64_t panel = (lane - b->lane) / gemm->nr, j = (lane - b->lane) % gemm->nr;
        float *to = group + (lane / NT_BLOCK * g->rows + b->row) * NT_BLOCK + lane % NT_BLOCK;
        next = least(b->lane_end, (lane / NT_BLOCK + 1) * NT_BLOCK);
        next = least(next, b->lane + (panel + 1) * gemm->nr);
        if (!tiles)
            for (int64_t i = 0; i < rows; i++)
                memset(to + i * NT_BLOCK, 0, (size_t)(next - lane) * sizeof *to);
        else if (gemm->tile_col == 1)
            emit_lanes(gemm, tiles + (size_t)panel * panel_size + j, rows, 1, next - lane, to);
        else
            emit_lanes(gemm, tiles + (size_t)panel * panel_size + j * gemm->tile_col, rows,
                       gemm->tile_col, next - lane, to);
    }
    int64_t used = g->lanes % NT_BLOCK;
    if (b->lane_end < g->lanes || used == 0)
        return;
    float *last = group + ((blocks - 1) * g->rows + b->row) * NT_BLOCK;
    for (int64_t i = 0; i < rows; i++)
        memset(last + i * NT_BLOCK + used, 0, (size_t)(NT_BLOCK - used) * sizeof *last);
}

static bool any_live(const gradient *g, const block *b) {
    for (int64_t tap = b->row / g->left.channels; tap <= (b->row_end - 1) / g->left.channels; tap++)
        if (nt_gather_live(&g->left, tap))
            return true;
    return false;
}

static void multiply_piece(const gradient *g, int64_t row_panels, int64_t lane_panels,
                           int64_t length, bool add, const float *left, const float *right,
                           float *tiles) {
    for (int64_t j = 0; j < lane_panels; j++, right += nt_gemm_b_size(&g->gemm, NT_PIECE))
        for (int64_t i = 0; i < row_panels; i++, tiles += nt_gemm_tile_size(&g->gemm))
            nt_gemm_tile(&g->gemm, length, left + (size_t)i * nt_gemm_a_size(&g->gemm, NT_PIECE),
                         right, add, tiles);
}

static void gradient_job(const void *context, int job, int worker) {
    const gradient *g = context;
    const block b = block_of(g, job);
    if (!any_live(g, &b)) {
        emit(g, &b, NULL);
        return;
    }
    size_t left_size = nt_gemm_a_size(&g->gemm, NT_PIECE);
    float *left = (float *)(g->workers + (size_t)worker * g->per_worker);
    float *tiles = left + (size_t)g->row_panels * left_size;
    float *right = tiles + (size_t)(g->row_panels * g->lane_panels) * nt_gemm_tile_size(&g->gemm);
    int64_t row_panels = ceil_div(b.row_end - b.row, g->gemm.mr);
    int64_t lane_panels = ceil_div(b.lane_end - b.lane, g->gemm.nr);
    int64_t start = b.part * g->part_places, end = least(g->places, start + g->part_places);
    int32_t first = (int32_t)b.group * g->left.channels;
    memset(left, 0, (size_t)row_panels * left_size * sizeof *left); /* rows past the last one */
    for (int64_t place = start; place < end; place += NT_PIECE) {
        int64_t length = least(NT_PIECE, end - place);
        nt_gather_pack_transposed(&g->left, &g->gemm, first, place, length, b.row, b.row_end, left,
                                  left_size);
        pack_right(g, b.group, place, length, b.lane, b.lane_end, right);
        multiply_piece(g, row_panels, lane_panels, length, place > start, left, right, tiles);
    }
    emit(g, &b, tiles);
}

static void add_job(const void *context, int job, int worker) {
    const gradient *g = context;
    (void)worker;
    int64_t from = (int64_t)job * ADD_JOB, to = least(g->stored, from + ADD_JOB);
    memcpy(g->result + from, g->to + from, (size_t)(to - from) * sizeof(float));
    for (int64_t part = 1; part < g->parts; part++)
        for (int64_t i = from; i < to; i++)
            g->result[i] += g->to[part * g->stored + i];
}

void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory) {
    gradient g = gradient_of(shape, x);
    g.dy = dy;
    g.result = dweight;
    g.to = g.parts > 1 ? (float *)memory->shared : dweight;
    g.workers = memory->workers;
    g.per_worker = memory->per_worker;
    nt_parallel((int)(g.row_jobs * g.lane_jobs * shape->groups * g.parts), gradient_job, &g);
    if (g.parts > 1)
        nt_parallel((int)ceil_div(g.stored, ADD_JOB), add_job, &g);
}
