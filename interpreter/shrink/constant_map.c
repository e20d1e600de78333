#include "constant_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROUNDING 1e-6 /* of the larger of two numbers that are taken for the same */

bool nt_maps_are_even(const double *maps, int32_t count, int64_t places) {
    for (int32_t c = 0; c < count; c++) {
        const double *map = maps + c * places;
        double least = map[0], most = map[0];
        for (int64_t p = 1; p < places; p++) {
            least = fmin(least, map[p]);
            most = fmax(most, map[p]);
        }
        if (most - least > ROUNDING * fmax(fabs(most), fabs(least)))
            return false;
    }
    return true;
}

/* --- rows and columns that are alike ---------------------------------------------------------- */

/* The longest run of rows, or of columns, each like the one before. */
typedef struct run {
    int32_t first, count;
} run;

/* Whether row, or column, `i` is like the next one. */
static bool is_like_next(const double *maps, nt_shape shape, int d, int32_t i) {
    int64_t columns = shape.dim[2], step = d == 0 ? columns : 1, other = d == 0 ? 1 : columns;
    for (int32_t c = 0; c < shape.dim[0]; c++)
        for (int32_t j = 0; j < shape.dim[2 - d]; j++) {
            const double *a = maps + c * nt_shape_pixels(shape) + i * step + j * other;
            if (fabs(a[0] - a[step]) > ROUNDING * fmax(fabs(a[0]), fabs(a[step])))
                return false;
        }
    return true;
}

static run find_run(const double *maps, nt_shape shape, int d) {
    run best = {0, 1}, at = {0, 1};
    for (int32_t i = 0; i + 1 < shape.dim[1 + d]; i++) {
        if (is_like_next(maps, shape, d, i))
            at.count++;
        else
            at = (run){i + 1, 1};
        if (at.count > best.count)
            best = at;
    }
    return best;
}

/* --- pieces ----------------------------------------------------------------------------------- */

typedef struct adding {
    nt_draft *draft;
    const nt_layer *of;
    char *why;
} adding;

/* Values of a parameter: those of the maps whose rows and columns these are. */
static nt_status add_values(const adding *a, const double *maps, nt_shape from, nt_shape to,
                            const run runs[2], nt_ref *ret) {
    float *values = NT_ARENA_ARRAY(a->draft->arena, float, nt_shape_elements(to)), *at = values;
    int32_t rows = to.rank == 3 ? to.dim[1] : 1, columns = to.rank == 3 ? to.dim[2] : 1;
    if (!values)
        return NT_NO_MEMORY;
    for (int32_t c = 0; c < to.dim[0]; c++)
        for (int32_t y = 0; y < rows; y++)
            for (int32_t x = 0; x < columns; x++) {
                int32_t row = (runs[0].first + (y ? runs[0].count - 1 + y : 0)) % from.dim[1];
                int32_t column = (runs[1].first + (x ? runs[1].count - 1 + x : 0)) % from.dim[2];
                *at++ = (float)maps[((int64_t)c * from.dim[1] + row) * from.dim[2] + column];
            }
    return nt_draft_add_parameter(a->draft, a->of, a->of->name, "_constant", to, values, ret);
}

/* An op over the piece, which it then is. */
static nt_status add_op(const adding *a, const nt_op *op, const char *suffix, const char *text,
                        nt_ref *ref) {
    char field_why[NT_FIELD_WHY];
    nt_piece piece = {.op = op,
                      .attrs = nt_kind_record(&op->kind, text, a->draft->arena, field_why),
                      .name = nt_draft_name(a->draft, a->of->name, suffix),
                      .layer = a->of,
                      .origin = {.node = -1}};
    nt_ref in = *ref;
    if (!piece.attrs || !piece.name)
        return NT_NO_MEMORY;
    return nt_draft_add(a->draft, &piece, &in, 1, &ref->piece, a->why);
}

/* Repeats the first row and column, and moves them to where the runs began. */
static nt_status spread(const adding *a, const run runs[2], nt_ref *ref) {
    char text[64];
    snprintf(text, sizeof text, "top=%d left=%d", runs[0].count - 1, runs[1].count - 1);
    NT_TRY(add_op(a, &nt_op_replicate_pad, "_repeated", text, ref));
    if (runs[0].first == 0 && runs[1].first == 0)
        return NT_OK;
    snprintf(text, sizeof text, "rows=%d columns=%d", runs[0].first, runs[1].first);
    return add_op(a, &nt_op_roll, "_moved", text, ref);
}

nt_status nt_constant_map_add(nt_draft *draft, const nt_layer *of, const double *maps,
                              nt_shape shape, bool vector, nt_ref *ret, char why[NT_WHY]) {
    const adding a = {draft, of, why};
    const run none[2] = {{0, 1}, {0, 1}};
    bool even = nt_maps_are_even(maps, shape.dim[0], nt_shape_pixels(shape));
    nt_shape small = shape;
    if (shape.rank != 3 || (even && vector)) {
        small = nt_shape_of(1, shape.dim);
        return add_values(&a, maps, shape, small, none, ret);
    }
    const run runs[2] = {find_run(maps, shape, 0), find_run(maps, shape, 1)};
    for (int d = 0; d < 2; d++)
        small.dim[1 + d] = shape.dim[1 + d] - runs[d].count + 1;
    if (2 * nt_shape_elements(small) > nt_shape_elements(shape))
        return add_values(&a, maps, shape, shape, none, ret);
    NT_TRY(add_values(&a, maps, shape, small, runs, ret));
    return spread(&a, runs, ret);
}
