/* Axes are letters for the body's directions; each has an opposite. */
#include "volume.h"

#include "alloc.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- axes ------------------------------------------------------------------------------------- */

/* The direction that a letter is one end of: 0, 1, 2; -1: none. */
static int direction_of(char letter) {
    static const char letters[] = "RLAPSI";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? (int)(found - letters) / 2 : -1;
}

bool nt_axes_valid(const char *letters) {
    int seen = 0;
    for (int a = 0; a < 3; a++)
        if (direction_of(letters[a]) >= 0)
            seen |= 1 << direction_of(letters[a]);
        else
            return false;
    return seen == 7 && letters[3] == '\0';
}

nt_volume_view nt_volume_view_of(const nt_nifti_head *head, const char *orient, nt_axis axis) {
    static const int shown[3][3] = {{0, 2, 1}, {1, 2, 0}, {2, 1, 0}}; /* slices, rows, columns */
    const int64_t steps[3] = {1, head->dims[0], (int64_t)head->dims[0] * head->dims[1]};
    nt_volume_view view = {{0}, 0, {0}};
    for (int k = 0; k < 3; k++) {
        int wanted = shown[axis][k], from = wanted;
        bool turned = false;
        for (int a = 0; orient && a < 3; a++)
            if (direction_of(head->axes[a]) == direction_of(orient[wanted])) {
                from = a;
                turned = head->axes[a] != orient[wanted];
            }
        view.size[k] = head->dims[from];
        view.step[k] = turned ? -steps[from] : steps[from];
        view.first += turned ? steps[from] * (head->dims[from] - 1) : 0;
    }
    return view;
}

double nt_volume_apart(const nt_nifti_head *a, const nt_nifti_head *b) {
    double most = 0;
    for (int corner = 0; corner < 8; corner++) {
        double squares = 0;
        for (int r = 0; r < 3; r++) {
            double apart = a->affine[r][3] - b->affine[r][3];
            for (int d = 0; d < 3; d++)
                if (corner >> d & 1)
                    apart += (a->affine[r][d] - b->affine[r][d]) * (a->dims[d] - 1);
            squares += apart * apart;
        }
        most = squares > most ? squares : most;
    }
    return sqrt(most);
}

/* --- slices ----------------------------------------------------------------------------------- */

/* Where number i of `to` is among `from`, both about one middle. */
static int32_t about_middle(int32_t i, int32_t from, int32_t to) {
    return i + (from >= to ? (from - to) / 2 : -((to - from) / 2));
}

int64_t nt_volume_at(const nt_volume_view *view, const int32_t size[2], int32_t slice, int32_t row,
                     int32_t column) {
    int32_t r = about_middle(row, view->size[1], size[0]);
    int32_t c = about_middle(column, view->size[2], size[1]);
    if (r < 0 || r >= view->size[1] || c < 0 || c >= view->size[2])
        return -1;
    return view->first + slice * view->step[0] + r * view->step[1] + c * view->step[2];
}

nt_volume_part nt_volume_slice(const nt_volume_view *view, int32_t slice) {
    nt_volume_part part = {.first = view->first + slice * view->step[0], .count = 1};
    for (int d = 1; d < 3; d++) {
        int64_t reach = (view->size[d] - 1) * view->step[d];
        part.first += reach < 0 ? reach : 0;
        part.count += reach < 0 ? -reach : reach;
    }
    part.whole = part.count > (int64_t)view->size[1] * view->size[2];
    return part;
}

/* --- ranks ------------------------------------------------------------------------------------ */

enum { NUMBERS = 1 << 16 };

/* A frame's values in rising order: of integers of up to two bytes how often each is stored, of
 * others all values. */
typedef struct ranking {
    const nt_nifti_head *head;
    int64_t count;
    int64_t *often; /* [NUMBERS] of stored - lowest; or NULL */
    double *sorted;
} ranking;

static int lowest(const nt_nifti_head *head) {
    return head->kind == 'i' ? -(NUMBERS / 2) : 0;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool rank(ranking *r, const void *voxels) {
    const nt_nifti_head *head = r->head;
    if (head->kind != 'f' && head->size <= 2) {
        if (!(r->often = nt_alloc_zero(NUMBERS * sizeof *r->often)))
            return false;
        for (int64_t i = 0; i < r->count; i++)
            r->often[(int)nt_element_value(head->kind, head->size, voxels, i) - lowest(head)]++;
        return true;
    }
    if (!(r->sorted = nt_alloc((size_t)r->count * sizeof *r->sorted)))
        return false;
    for (int64_t i = 0; i < r->count; i++)
        r->sorted[i] = nt_nifti_value(head, voxels, i);
    qsort(r->sorted, (size_t)r->count, sizeof *r->sorted, compare);
    return true;
}

static void rank_finish(ranking *r) {
    nt_free(r->often, r->often ? NUMBERS * sizeof *r->often : 0);
    nt_free(r->sorted, r->sorted ? (size_t)r->count * sizeof *r->sorted : 0);
}

/* Value number i. A slope below 0 turns the stored numbers' order round. */
static double ranked(const ranking *r, int64_t i) {
    if (r->sorted)
        return r->sorted[i];
    bool falls = r->head->slope < 0;
    int at = falls ? NUMBERS - 1 : 0;
    for (i -= r->often[at]; i >= 0; i -= r->often[at])
        at += falls ? -1 : 1;
    return (at + lowest(r->head)) * r->head->slope + r->head->intercept;
}

static double percentile_of(const ranking *r, double percentile) {
    double at = percentile / 100 * (double)(r->count - 1);
    int64_t below = (int64_t)at;
    double value = ranked(r, below), above = ranked(r, below + 1 < r->count ? below + 1 : below);
    return value + (above - value) * (at - (double)below);
}

/* --- intensities ------------------------------------------------------------------------------ */

static void measure_deviation(const nt_nifti_head *head, const void *voxels, int64_t count,
                              nt_volume_scale *scale) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < count; i++)
        mean += nt_nifti_value(head, voxels, i) / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double apart = nt_nifti_value(head, voxels, i) - mean;
        squares += apart * apart;
    }
    scale->zero = mean;
    scale->unit = squares > 0 ? 1 / sqrt(squares / (double)count) : 0;
}

static bool measure_percentiles(const nt_nifti_head *head, const void *voxels, int64_t count,
                                const double percentiles[2], nt_volume_scale *scale) {
    ranking r = {.head = head, .count = count};
    bool ok = rank(&r, voxels);
    if (ok) {
        double high = percentile_of(&r, percentiles[1]);
        scale->zero = percentile_of(&r, percentiles[0]);
        scale->unit = high > scale->zero ? high - scale->zero : 0;
    }
    rank_finish(&r);
    return ok;
}

double nt_volume_scaled(const nt_volume_scale *scale, double value) {
    if (scale->intensity == NT_INTENSITY_RAW)
        return value;
    if (scale->intensity == NT_INTENSITY_VOLUME)
        return (value - scale->zero) * scale->unit;
    double share = scale->unit > 0 ? (value - scale->zero) / scale->unit : 0;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

bool nt_volume_measure(const nt_nifti_head *head, const void *voxels, nt_intensity intensity,
                       const double percentiles[2], nt_volume_scale *ret) {
    nt_volume_scale scale = {.intensity = intensity};
    int64_t count = nt_nifti_voxels(head);
    if (intensity == NT_INTENSITY_VOLUME)
        measure_deviation(head, voxels, count, &scale);
    else if (intensity == NT_INTENSITY_PERCENTILE &&
             !measure_percentiles(head, voxels, count, percentiles, &scale))
        return false;
    scale.least = nt_volume_scaled(&scale, nt_nifti_value(head, voxels, 0));
    for (int64_t i = 1; i < count; i++) {
        double value = nt_volume_scaled(&scale, nt_nifti_value(head, voxels, i));
        scale.least = value < scale.least ? value : scale.least;
    }
    *ret = scale;
    return true;
}
