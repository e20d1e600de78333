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

/* --- intensities ------------------------------------------------------------------------------ */

void nt_volume_standardise(double *values, int64_t count) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (int64_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    double scale = squares > 0 ? 1 / sqrt(squares / (double)count) : 0;
    for (int64_t i = 0; i < count; i++)
        values[i] = (values[i] - mean) * scale;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile_of(const double *sorted, int64_t count, double percentile) {
    double at = percentile / 100 * (double)(count - 1);
    int64_t below = (int64_t)at;
    double above = sorted[below + 1 < count ? below + 1 : below];
    return sorted[below] + (above - sorted[below]) * (at - (double)below);
}

bool nt_volume_clip(double *values, int64_t count, const double percentiles[2]) {
    double *sorted = nt_alloc((size_t)count * sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    double low = percentile_of(sorted, count, percentiles[0]);
    double high = percentile_of(sorted, count, percentiles[1]);
    nt_free(sorted, (size_t)count * sizeof *sorted);
    for (int64_t i = 0; i < count; i++) {
        double share = high > low ? (values[i] - low) / (high - low) : 0;
        values[i] = share < 0 ? 0 : share > 1 ? 1 : share;
    }
    return true;
}
