/* A square for each pair of layers, by the metric's change. */
#include "plot.h"

#include "alloc.h"
#include "csv_out.h"
#include <math.h>

/* The numbers of the layers that the group's cases edit, from 1; 0: it edits it not. Returns how
 * many there are. */
static int number_layers(const nt_record *record, const nt_record_group *group, int *ret_numbers) {
    int count = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        for (int32_t k = 0; k < group->cases[c].layer_count; k++)
            if (group->cases[c].layers[k] >= 0)
                ret_numbers[group->cases[c].layers[k]] = 1;
    for (int32_t i = 0; i < record->layer_count; i++)
        if (ret_numbers[i])
            ret_numbers[i] = ++count;
    return count;
}

static void add_pair(nt_figure *figure, const nt_record *record, const nt_record_case *item,
                     int32_t a, int32_t b, const int *numbers) {
    double alone = -(record->layers[a].cost + record->layers[b].cost);
    nt_text_printf(&figure->csv, "%d,%d", numbers[a], numbers[b]);
    nt_csv_real(&figure->csv, -item->change.mean);
    nt_csv_real(&figure->csv, alone);
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, item->name);
    nt_text_add(&figure->csv, "\n");
    if (a == b || isnan(alone))
        nt_plot_tip(figure, numbers[a], numbers[b], "%s: %.4f", item->name, -item->change.mean);
    else
        nt_plot_tip(figure, numbers[a], numbers[b], "%s: %.4f, one by one %.4f", item->name,
                    -item->change.mean, alone);
}

static void add_pair_tics(nt_figure *figure, const nt_record *record, const int *numbers) {
    nt_text_add(&figure->script, "set tics font ',8'\nset xtics rotate by 90 right (");
    for (int axis = 0; axis < 2; axis++) {
        for (int32_t i = 0; i < record->layer_count; i++)
            if (numbers[i])
                nt_plot_tic(&figure->script, numbers[i] == 1, record->layers[i].name, numbers[i]);
        nt_text_add(&figure->script, axis == 0 ? ")\nset ytics (" : ")\n");
    }
}

static void plot_pairs(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                       int *numbers) {
    int layers = number_layers(record, group, numbers);
    nt_text_add(&figure->csv, "one,other,loss,sum_of_single_losses,case\n");
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        int32_t a = item->layers[0], b = item->layers[item->layer_count - 1];
        if (a < 0 || b < 0 || isnan(item->change.mean))
            continue;
        add_pair(figure, record, item, a, b, numbers);
        if (a != b)
            add_pair(figure, record, item, b, a, numbers);
    }
    nt_plot_tips_end(figure);
    figure->width = 900;
    figure->height = 800;
    nt_plot_palette(figure, record);
    nt_text_printf(&figure->script,
                   "set lmargin at screen 0.2\nset rmargin at screen 0.86\nset bmargin at screen "
                   "0.22\nset tmargin at screen 0.97\nset xrange [0.5:%d.5]\nset yrange "
                   "[%d.5:0.5]\n",
                   layers, layers);
    add_pair_tics(figure, record, numbers);
    nt_plot_squares(figure, record, false);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    size_t size = (size_t)record->layer_count * sizeof(int);
    int *numbers = nt_alloc_zero(size);
    if (numbers)
        plot_pairs(figure, record, group, numbers);
    else
        figure->script.failed = true;
    nt_free(numbers, size);
}

const nt_figure_kind nt_figure_kind_pairs = {
    .kind = {.name = "pairs", .doc = "what the loss of two layers costs", .fields = nt_no_fields},
    .of_group = true,
    .form = NT_FORM_PAIRS,
    .caption = "What the loss of two layers costs; on the diagonal, of one.",
    .draw = draw,
};
