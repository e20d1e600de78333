/* The order first, then what is taken of it. Strata are numbered as they first come in the order,
 * which also decides between equal remainders: numbers of patients follow the files. */
#include "selection.h"

#include "alloc.h"
#include "random.h"
#include "sample_order.h"
#include <assert.h>
#include <stdlib.h>

/* --- strata ----------------------------------------------------------------------------------- */

typedef struct stratum {
    int32_t number;    /* as they first come */
    int32_t size;      /* samples */
    int64_t remainder; /* of its share, times the samples of all */
    int32_t quota;     /* how many are still to be taken */
} stratum;

typedef struct drawing {
    const nt_dataset *dataset;
    nt_split split;
    stratum *strata, *sorted;
    int32_t *number_of; /* of a class or a patient: its stratum, or -1 */
    int32_t values;     /* classes or patients there may be */
} drawing;

/* 0 where there is nothing to tell samples apart by. */
static int32_t value_of(const drawing *d, int32_t sample) {
    if (nt_dataset_info(d->dataset)->target == NT_TARGET_CLASS)
        return nt_dataset_label(d->dataset, d->split, sample);
    int32_t patient = nt_dataset_patient(d->dataset, d->split, sample);
    return patient < 0 ? 0 : patient;
}

static int by_remainder(const void *a, const void *b) {
    const stratum *x = a, *y = b;
    if (x->remainder != y->remainder)
        return x->remainder > y->remainder ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Counts the strata of all samples; returns how many there are. */
static int32_t count_strata(drawing *d, const int32_t *samples, int32_t total) {
    int32_t count = 0;
    for (int32_t v = 0; v < d->values; v++)
        d->number_of[v] = -1;
    for (int32_t i = 0; i < total; i++) {
        int32_t *number = &d->number_of[value_of(d, samples[i])];
        if (*number < 0) {
            *number = count++;
            d->strata[*number] = (stratum){.number = *number};
        }
        d->strata[*number].size++;
    }
    return count;
}

/* Hamilton's method: everybody's whole share, then one more for the largest remainders. */
static void share_out(drawing *d, int32_t strata, int32_t total, int32_t limit) {
    int32_t left = limit;
    for (int32_t s = 0; s < strata; s++) {
        int64_t share = (int64_t)limit * d->strata[s].size;
        d->strata[s].quota = (int32_t)(share / total);
        d->strata[s].remainder = share % total;
        left -= d->strata[s].quota;
        d->sorted[s] = d->strata[s];
    }
    qsort(d->sorted, (size_t)strata, sizeof *d->sorted, by_remainder);
    for (int32_t s = 0; s < left; s++)
        d->strata[d->sorted[s].number].quota++;
}

static int32_t take(const drawing *d, int32_t *samples, int32_t total) {
    int32_t taken = 0;
    for (int32_t i = 0; i < total; i++) {
        stratum *of = &d->strata[d->number_of[value_of(d, samples[i])]];
        if (of->quota > 0) {
            of->quota--;
            samples[taken++] = samples[i];
        }
    }
    return taken;
}

static nt_status draw(nt_selection *selection, drawing *d, int32_t limit) {
    int32_t total = selection->count;
    for (int32_t i = 0; i < total; i++) {
        int32_t value = value_of(d, selection->samples[i]);
        d->values = value >= d->values ? value + 1 : d->values;
    }
    size_t size = (size_t)d->values * sizeof *d->strata;
    size_t numbers = (size_t)d->values * sizeof *d->number_of;
    d->strata = nt_alloc(size);
    d->sorted = nt_alloc(size);
    d->number_of = nt_alloc(numbers);
    bool ok = d->strata && d->sorted && d->number_of;
    if (ok) {
        share_out(d, count_strata(d, selection->samples, total), total, limit);
        selection->count = take(d, selection->samples, total);
    }
    nt_free(d->strata, size);
    nt_free(d->sorted, size);
    nt_free(d->number_of, numbers);
    return ok ? NT_OK : NT_NO_MEMORY;
}

/* --- selecting -------------------------------------------------------------------------------- */

static void keep_first(nt_selection *selection, int32_t first) {
    int32_t kept = 0;
    for (int32_t i = 0; i < selection->count; i++)
        if (selection->samples[i] < first)
            selection->samples[kept++] = selection->samples[i];
    selection->count = kept;
}

static nt_status select_samples(nt_selection *selection, const nt_dataset *dataset, nt_split split,
                                const nt_selecting *selecting) {
    int32_t kept = nt_selecting_count(selecting, selection->count);
    bool calibration = selecting->order == NT_ORDER_CALIBRATION;
    NT_TRY(nt_sample_order(dataset, split, calibration ? (uint64_t)selecting->seed : 0,
                           calibration ? NT_STREAM_CALIBRATE : NT_STREAM_SAMPLES,
                           selection->samples));
    if (kept == selection->count)
        return NT_OK;
    if (selecting->limit > 0)
        return draw(selection, &(drawing){.dataset = dataset, .split = split}, kept);
    keep_first(selection, kept);
    return NT_OK;
}

nt_status nt_selection_init(nt_selection *selection, const nt_dataset *dataset, nt_split split,
                            const nt_selecting *selecting) {
    int32_t total = nt_dataset_count(dataset, split);
    nt_selection all = {.count = nt_selecting_count(selecting, total)};
    assert(selecting->limit == 0 || (selecting->first == 0 && selecting->order != NT_ORDER_FILES));
    if (selecting->order != NT_ORDER_FILES) {
        all = (nt_selection){.count = total, .room = total};
        all.samples = nt_alloc((size_t)total * sizeof *all.samples);
        nt_status status =
            all.samples ? select_samples(&all, dataset, split, selecting) : NT_NO_MEMORY;
        if (status != NT_OK) {
            nt_selection_finish(&all);
            return status;
        }
    }
    *selection = all;
    return NT_OK;
}

void nt_selection_finish(nt_selection *selection) {
    nt_free(selection->samples, (size_t)selection->room * sizeof *selection->samples);
    *selection = (nt_selection){0};
}

int32_t nt_selecting_count(const nt_selecting *selecting, int32_t total) {
    int32_t most = selecting->limit > 0 ? selecting->limit : selecting->first;
    return most > 0 && most < total ? most : total;
}

void nt_selecting_describe(const nt_selecting *selecting, int32_t total, nt_text *text) {
    bool part = nt_selecting_count(selecting, total) < total;
    if (selecting->order == NT_ORDER_FILES)
        return;
    nt_text_add(text, "order: by content, shuffled");
    if (selecting->order == NT_ORDER_CALIBRATION)
        nt_text_printf(text, " for calibration with seed %d", selecting->seed);
    nt_text_printf(text, "\npart: %s\n",
                   !part                  ? "all"
                   : selecting->limit > 0 ? "a share of each class or patient"
                                          : "the first");
}
