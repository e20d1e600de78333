/* Tiles by panels, point by point, and back (winograd_product.h). A job writes tiles and channels
 * that no other job writes, and a tile's sums run over the pieces of its channels in order: the
 * same bits whoever takes which job, and whatever is prefetched meanwhile. */
#include "winograd_product.h"

#include "epilogue.h"
#include "integers.h"
#include "job_grid.h"
#include "parallel.h"
#include "prefetch.h"
#include "tensor.h"
#include "tile_prefetch.h"
#include "tile_transform.h"

enum {
    WANTED_JOBS = 32,    /* of runs of blocks, */
    MOST_RUN = 8,        /* but no longer than this */
    SHARED_JOBS = 16,    /* of a round, if panels are enough; */
    SINGLE_PANELS = 2,   /* but a job of a single tile has so many: together they take less time */
    PREFETCH_TILES = 12, /* or more are worth prefetching a panel for */
    TRANSFORM_TILES = 4  /* of a job, into shared memory */
};

static const float zeros[NT_MOST_PANELS * NT_PANEL];

typedef struct task {
    const nt_winograd_plan *plan;
    const float *maps;
    nt_winograd_right right;
    nt_epilogue epilogue;
    bool changes, remains; /* `epilogue` says anything; nt_epilogue_remains */
    float *result, *tiles;
    const nt_conv_memory *memory;
    int64_t tile, tile_end; /* of this round */
    int64_t blocks;         /* of this round; */
    int64_t run, group;     /* of a job; panels at a time */
} task;

/* --- a worker's memory ------------------------------------------------------------------------ */

typedef struct workspace {
    float *kernel, *products, *tiles, *work;
} workspace;

static int64_t kernel_floats(const nt_winograd_plan *p) {
    return p->streamed ? p->group * p->kernel_points * p->kernel_point : 0;
}

static int64_t tiles_floats(const nt_winograd_plan *p) {
    return p->shared ? 0 : nt_winograd_plan_tiles(p, p->block_point);
}

static workspace workspace_of(const task *t, int worker) {
    const nt_winograd_plan *p = t->plan;
    float *kernel = (float *)(t->memory->workers + (size_t)worker * t->memory->per_worker);
    float *products = kernel + kernel_floats(p);
    float *tiles = products + p->points * p->product_point;
    return (workspace){kernel, products, tiles, tiles + tiles_floats(p)};
}

size_t nt_winograd_product_bytes(const nt_winograd_plan *p) {
    int64_t floats = kernel_floats(p) + p->points * p->product_point + tiles_floats(p);
    return ((size_t)floats + nt_gemm_work_size(&p->gemm, p->most)) * sizeof(float);
}

/* --- the tiles -------------------------------------------------------------------------------- */

static int64_t channels_of(const nt_winograd_plan *p, int64_t piece) {
    return nt_min(p->depth, p->from.channels - piece * p->depth);
}

/* Transforms a piece of tiles [tile, end) to `to`, where tile `first` starts. */
static void transform(const task *t, int64_t piece, int64_t tile, int64_t end, int64_t first,
                      float *to, int64_t point, bool cold) {
    const nt_winograd_plan *p = t->plan;
    const nt_tiles_part part = {tile, end, piece * p->depth, channels_of(p, piece)};
    float *at[NT_MOST_PLACES];
    for (int i = 0; i < p->points; i++)
        at[i] = to + (piece * p->points + i) * point + (tile - first) * p->depth;
    nt_tiles_transform(&p->from, t->maps, p->scheme->input, &part, at, p->depth, cold);
}

static void transform_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_winograd_plan *p = t->plan;
    int64_t piece = job % p->pieces, tile = t->tile + job / p->pieces * TRANSFORM_TILES;
    (void)worker;
    transform(t, piece, tile, nt_min(tile + TRANSFORM_TILES, t->tile_end), t->tile, t->tiles,
              p->round_point, p->cold);
}

/* --- the product ------------------------------------------------------------------------------ */

/* Tiles [tile, end), transformed, by some panels. */
typedef struct part {
    int64_t tile, end;
    const float *tiles;
    int64_t point; /* floats from one point of the tiles to the next */
    int64_t panel, panels;
} part;

/* What is prefetched meanwhile: the next block, where the result will be written, and what will be
 * added to it. */
typedef struct prefetches {
    nt_tile_prefetch next, result, plus;
} prefetches;

/* Panels that one call multiplies by: as few as can be, for the prefetches' sake. */
static int64_t panels_of_call(const nt_winograd_plan *p, int64_t panels) {
    return nt_gemm_panels(&p->gemm, p->total, panels);
}

static int64_t calls_of(const nt_winograd_plan *p, int64_t panels) {
    return p->points * p->pieces * nt_ceil_div(panels, panels_of_call(p, nt_min(panels, p->group)));
}

static prefetches prefetches_of(const task *t, const part *b, const nt_tile_prefetch *next) {
    const nt_winograd_plan *p = t->plan;
    int64_t channel = b->panel * NT_PANEL;
    int64_t count = nt_min(b->panels * NT_PANEL, p->to.channels - channel);
    const nt_tiles_part written = {b->tile, b->end, channel, count};
    int64_t calls = p->cold ? calls_of(p, b->panels) : 0;
    bool plus = t->epilogue.plus && t->epilogue.plus != t->result;
    return (prefetches){
        *next, nt_tile_prefetch_of(&p->to, t->result, &written, true, calls),
        nt_tile_prefetch_of(&p->to, t->epilogue.plus, &written, false, plus ? calls : 0)};
}

/* The panels of the kernel, of one piece of the channels. */
typedef struct kernel_piece {
    const float *at;
    int64_t panel; /* floats from one panel to the next */
} kernel_piece;

static kernel_piece piece_of(const task *t, const part *b, const workspace *at, int64_t piece) {
    const nt_winograd_plan *p = t->plan;
    int64_t first = piece * p->depth, floats = p->kernel_points * p->kernel_point;
    if (!p->streamed)
        return (kernel_piece){t->right.kernel + b->panel * p->kernel_panel + piece * floats,
                              p->kernel_panel};
    for (int64_t j = 0; j < b->panels; j++)
        nt_winograd_kernel_transform(&t->right.source, b->panel + j, first,
                                     first + channels_of(p, piece), at->kernel + j * floats,
                                     p->kernel_point);
    return (kernel_piece){at->kernel, floats};
}

/* Prefetches a part, one for each point, of what will be transformed next: the panel's next piece,
 * or the first of the panel that this worker is likely to take then. */
static void prefetch_weight(const task *t, const part *b, int64_t piece, int point) {
    const nt_winograd_plan *p = t->plan;
    bool last = piece + 1 == p->pieces;
    int64_t next = last ? 0 : piece + 1, panel = last ? b->panel + nt_threads() : b->panel;
    if (panel < p->panels)
        nt_winograd_kernel_prefetch(&t->right.source, panel, next * p->depth,
                                    next * p->depth + channels_of(p, next), point, p->points);
}

/* Prefetches the panels, of a kernel transformed before, that are multiplied by after these: under
 * this point or, after its last, the next. A few tiles would be done with these sooner. */
static void prefetch_panels(const nt_winograd_plan *p, const kernel_piece *kernel, int point,
                            int64_t next, int64_t count, int64_t end, int64_t depth) {
    if (p->streamed || p->total < PREFETCH_TILES)
        return;
    if (next >= end)
        next = 0, point++;
    for (int64_t j = next; j < nt_min(next + count, end) && point < p->points; j++)
        nt_prefetch_to_read(kernel->at + j * kernel->panel +
                                nt_winograd_kernel_point(p->scheme, point) * p->kernel_point,
                            depth * NT_PANEL);
}

static void multiply_point(const task *t, const part *b, const workspace *at, int64_t piece,
                           const kernel_piece *kernel, int point, prefetches *meanwhile) {
    const nt_winograd_plan *p = t->plan;
    int64_t at_once = panels_of_call(p, b->panels);
    nt_block_product product = {
        .rows = b->end - b->tile,
        .depth = channels_of(p, piece),
        .a = b->tiles + (piece * p->points + point) * b->point,
        .a_row = p->depth,
        .a_step = 1,
        .b_row = NT_PANEL,
        .b_panel = kernel->panel,
        .c_row = b->panels * NT_PANEL,
        .c_panel = NT_PANEL,
        .add = piece > 0,
    };
    const float *right = kernel->at + nt_winograd_kernel_point(p->scheme, point) * p->kernel_point;
    float *c = at->products + point * p->product_point;
    for (int64_t j = 0; j < b->panels; j += at_once) {
        product.panels = nt_min(at_once, b->panels - j);
        product.b = right + j * kernel->panel;
        product.c = c + j * NT_PANEL;
        prefetch_panels(p, kernel, point, j + at_once, at_once, b->panels, product.depth);
        nt_gemm_multiply(&p->gemm, &product, at->work);
        nt_tile_prefetch_step(&meanwhile->next);
        nt_tile_prefetch_step(&meanwhile->result);
        nt_tile_prefetch_step(&meanwhile->plus);
    }
    if (p->streamed)
        prefetch_weight(t, b, piece, point);
}

/* --- the way out ------------------------------------------------------------------------------ */

/* Takes one tile's products, at from[point] + from_at, to the result: `count` channels, a multiple
 * of NT_PANEL. */
static void emit_whole(const task *t, const int64_t *places, const float *const *from,
                       int64_t from_at, int64_t channel, int64_t count) {
    float outside[NT_MOST_PANELS * NT_PANEL];
    float *to[NT_MOST_PLACES];
    const float *plus[NT_MOST_PLACES];
    const nt_winograd_epilogue epilogue = {.bias =
                                               t->epilogue.bias ? t->epilogue.bias + channel : NULL,
                                           .plus = t->epilogue.plus ? plus : NULL,
                                           .relu = t->epilogue.activation.kind == NT_RELU};
    for (int i = 0; i < nt_winograd_area(t->plan->to.side); i++) {
        bool inside = places[i] >= 0;
        to[i] = inside ? t->result + places[i] + channel : outside;
        if (t->epilogue.plus)
            plus[i] = inside ? t->epilogue.plus + places[i] + channel : zeros;
    }
    t->plan->scheme->output(from, from_at, to, 0, count, t->changes ? &epilogue : NULL);
    for (int i = 0; t->remains && i < nt_winograd_area(t->plan->to.side); i++)
        if (places[i] >= 0)
            nt_activate(&t->epilogue.activation, to[i], to[i], 1, 0, count);
}

/* The last channels, fewer than NT_PANEL. */
static void emit_rest(const task *t, const int64_t *places, const float *const *from,
                      int64_t from_at, int64_t channel, int64_t count) {
    float made[NT_MOST_PLACES][NT_PANEL];
    float *to[NT_MOST_PLACES];
    int area = nt_winograd_area(t->plan->to.side);
    for (int i = 0; i < area; i++)
        to[i] = made[i];
    t->plan->scheme->output(from, from_at, to, 0, NT_PANEL, NULL);
    for (int i = 0; i < area; i++)
        if (places[i] >= 0)
            nt_epilogue_apply(&t->epilogue, &(nt_conv_sums){.from = made[i]}, 1, channel, count,
                              t->result, places[i] + channel, 0);
}

static void emit(const task *t, const part *b, const workspace *at) {
    const nt_winograd_plan *p = t->plan;
    const float *from[NT_MOST_PLACES];
    int64_t places[NT_MOST_PLACES];
    int64_t channel = b->panel * NT_PANEL;
    int64_t count = nt_min(b->panels * NT_PANEL, p->to.channels - channel);
    int64_t rest = count % NT_PANEL, whole = count - rest;
    for (int i = 0; i < p->points; i++)
        from[i] = at->products + i * p->product_point;
    for (int64_t tile = b->tile; tile < b->end; tile++) {
        int64_t from_at = (tile - b->tile) * b->panels * NT_PANEL;
        nt_tiles_places(&p->to, tile, places);
        if (whole)
            emit_whole(t, places, from, from_at, channel, whole);
        if (rest)
            emit_rest(t, places, from, from_at + whole, channel + whole, rest);
    }
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* A block by panels [panel, panel_end), a few at a time. */
static void multiply(const task *t, part *b, const workspace *at, int64_t panel, int64_t panel_end,
                     nt_tile_prefetch *next) {
    const nt_winograd_plan *p = t->plan;
    for (b->panel = panel; b->panel < panel_end; b->panel += b->panels) {
        b->panels = nt_min(t->group, panel_end - b->panel);
        prefetches meanwhile = prefetches_of(t, b, next);
        for (int64_t piece = 0; piece < p->pieces; piece++) {
            kernel_piece kernel = piece_of(t, b, at, piece);
            for (int i = 0; i < p->points; i++)
                multiply_point(t, b, at, piece, &kernel, i, &meanwhile);
        }
        *next = meanwhile.next;
        emit(t, b, at);
        if (t->epilogue.moments)
            nt_moments_made(t->epilogue.moments, b->tile, b->end, b->panels);
    }
}

/* A block of tiles in shared memory by a few panels. */
static void shared_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_winograd_plan *p = t->plan;
    const workspace at = workspace_of(t, worker);
    nt_job_place place = nt_job_place_of(job, t->blocks, nt_ceil_div(p->panels, t->group));
    int64_t tile = t->tile + place.row * p->block, panel = place.column * t->group;
    part b = {.tile = tile,
              .end = nt_min(tile + p->block, t->tile_end),
              .tiles = t->tiles + (tile - t->tile) * p->depth,
              .point = p->round_point};
    nt_tile_prefetch none = {0};
    multiply(t, &b, &at, panel, nt_min(p->panels, panel + t->group), &none);
}

/* A run of blocks by all panels. */
static void run_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_winograd_plan *p = t->plan;
    const workspace at = workspace_of(t, worker);
    int64_t first = job * t->run, last = nt_min(first + t->run, t->blocks);
    for (int64_t i = first; i < last; i++) {
        int64_t tile = i * p->block, end = nt_min(tile + p->block, p->total);
        part b = {.tile = tile, .end = end, .tiles = at.tiles, .point = p->block_point};
        const nt_tiles_part after = {end, end + p->block, 0, p->from.channels};
        nt_tile_prefetch next = nt_tile_prefetch_of(&p->from, t->maps, &after, false,
                                                    p->cold ? calls_of(p, p->panels) : 0);
        for (int64_t piece = 0; piece < p->pieces; piece++)
            transform(t, piece, tile, end, tile, at.tiles, b.point, p->cold && i == first);
        multiply(t, &b, &at, 0, p->panels, &next);
    }
}

static void run_blocks(task *t) {
    const nt_winograd_plan *p = t->plan;
    t->group = p->group;
    t->blocks = nt_ceil_div(p->total, p->block);
    t->run = nt_min(MOST_RUN, nt_ceil_div(t->blocks, WANTED_JOBS));
    nt_parallel((int)nt_ceil_div(t->blocks, t->run), run_job, t);
}

static void run_round(task *t) {
    const nt_winograd_plan *p = t->plan;
    int64_t tiles = t->tile_end - t->tile;
    t->blocks = nt_ceil_div(tiles, p->block);
    t->group = p->group;
    if (!p->streamed)
        t->group = nt_clamp(nt_ceil_div(p->panels * t->blocks, SHARED_JOBS),
                            p->total == 1 ? SINGLE_PANELS : 1, p->group);
    nt_parallel((int)(nt_ceil_div(tiles, TRANSFORM_TILES) * p->pieces), transform_job, t);
    nt_parallel((int)(t->blocks * nt_ceil_div(p->panels, t->group)), shared_job, t);
}

/* A row of tiles makes lines of the map, unless it hangs over the edge, or the lines of another
 * phase lie in between: then all of a map's tiles make the map. */
static void begin_moments(const nt_winograd_plan *p, nt_moments *moments) {
    const nt_tiles *to = &p->to;
    bool lines = to->size[0] % to->side[0] == 0 && to->dilation[0] == 1;
    int64_t tile_rows = lines ? 1 : to->count[0], height = lines ? to->side[0] : to->size[0];
    nt_moments_begin(moments, tile_rows * to->count[1], height * to->size[1], p->panels);
}

void nt_winograd_product(const nt_winograd_plan *plan, const float *maps,
                         const nt_winograd_right *right, const nt_epilogue *epilogue, float *result,
                         float *tiles, const nt_conv_memory *memory) {
    task t = {.plan = plan,
              .maps = maps,
              .right = *right,
              .epilogue = *epilogue,
              .changes = nt_epilogue_changes(epilogue),
              .remains = nt_epilogue_remains(epilogue),
              .result = result,
              .tiles = tiles,
              .memory = memory};
    if (epilogue->moments)
        begin_moments(plan, epilogue->moments);
    if (!plan->shared) {
        run_blocks(&t);
        return;
    }
    for (; t.tile < plan->total; t.tile = t.tile_end) {
        t.tile_end = nt_min(t.tile + plan->round, plan->total);
        run_round(&t);
    }
}
