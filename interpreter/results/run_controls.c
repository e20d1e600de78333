/* The place of a case among its controls, from the rows of a run: means over the seeds, as
 * results.json has them. Which group has the controls of which case only results.json says. */
#include "run_results_private.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

/* The mean change of a case over its seeds, at the first of its rows. */
typedef struct mean {
    double sum;
    int32_t count;
} mean;

static double value_of(const mean *means, size_t row) {
    return means[row].count > 0 ? means[row].sum / means[row].count : (double)NAN;
}

static void find_means(const nt_run_results *results, mean *ret_means) {
    for (size_t i = 0; i < results->row_count; i++) {
        double change = nt_finding_change(&results->rows[i].finding);
        mean *of = &ret_means[results->rows[i].case_start];
        of->sum += isnan(change) ? 0 : change;
        of->count += !isnan(change);
    }
}

/* The first row of the case that the group which begins at row `own` has the controls of; -1: there
 * is none. */
static int64_t find_case(const nt_run_results *results, int32_t own, const char *of) {
    for (size_t i = 0; i < results->row_count; i++) {
        const nt_run_row *row = &results->rows[i];
        const char *name = nt_control_within(of, row->group, row->group_start == own);
        if (name && strcmp(name, row->name) == 0 &&
            strcmp(row->split, results->rows[own].split) == 0)
            return row->case_start;
    }
    return -1;
}

/* Gives the rows of the group that begins at row `own` its control. */
static void place(nt_run_results *results, int32_t own, const mean *means, double *changes,
                  nt_control *control) {
    int64_t of = find_case(results, own, control->of);
    int32_t count = 0;
    for (size_t i = 0; i < results->row_count; i++) {
        nt_run_row *row = &results->rows[i];
        if (row->group_start != own)
            continue;
        row->control = control;
        if (row->case_start == (int32_t)i && (int64_t)i != of)
            changes[count++] = value_of(means, i);
    }
    nt_control_place(control, of < 0 ? (double)NAN : value_of(means, (size_t)of), changes, count);
}

static const char *controlled_by(const nt_results *recorded, const char *group) {
    for (int32_t g = 0; recorded && g < recorded->group_count; g++)
        if (strcmp(recorded->groups[g].name, group) == 0)
            return recorded->groups[g].control.of;
    return NULL;
}

nt_status nt_run_place_controls(nt_run_results *results, nt_error *error) {
    size_t size = results->row_count * sizeof(mean) + 1;
    size_t change_size = results->row_count * sizeof(double) + 1;
    mean *means = nt_alloc_zero(size);
    double *changes = nt_alloc(change_size);
    nt_status status = means && changes ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK)
        find_means(results, means);
    for (size_t i = 0; status == NT_OK && i < results->row_count; i++) {
        const nt_run_row *row = &results->rows[i];
        const char *of = controlled_by(results->recorded, row->group);
        if (!of || row->group_start != (int32_t)i)
            continue;
        nt_control *control = NT_ARENA_NEW(&results->arena, nt_control);
        if (control) {
            control->of = of;
            place(results, row->group_start, means, changes, control);
        }
        status = control ? NT_OK : NT_NO_MEMORY;
    }
    nt_free(changes, change_size);
    nt_free(means, size);
    return status == NT_OK ? NT_OK : nt_run_no_memory(results, error);
}
