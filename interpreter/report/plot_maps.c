/* Maps: squares in the colour of what the metric changes by, darker for a greater loss. */
#include "figure.h"

#include "alloc.h"
#include "csv_out.h"
#include <math.h>
#include <string.h>

static void add_palette(nt_figure *figure, const nt_record *record) {
    nt_text_add(&figure->script, "set palette defined (");
    for (int i = 0; i < NT_COST_COLOURS; i++)
        nt_text_printf(&figure->script, "%s%d '#%02X%02X%02X'", i ? ", " : "", i,
                       (unsigned)nt_cost_colours[i][0], (unsigned)nt_cost_colours[i][1],
                       (unsigned)nt_cost_colours[i][2]);
    nt_text_printf(&figure->script,
                   ")\nset cbrange [0:%.4f]\nset cbtics 0.2\nset cblabel 'loss of %s' noenhanced "
                   "textcolor rgb '#222222'\n",
                   record->baseline.mean > 0 ? record->baseline.mean : 1, record->metric);
}

/* Squares from the file's columns: x, y, the loss. */
static void add_squares(nt_figure *figure, const nt_record *record, bool numbers) {
    const char *file = figure->name;
    nt_text_printf(&figure->script,
                   "plot '%s.csv' skip 1 using 1:2:(0.48):(0.48):3 with boxxyerror fillcolor "
                   "palette notitle, \\\n",
                   file);
    if (numbers)
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 1:2:(sprintf('%%.2f', abs(column(3)) < 0.005 ? 0.0 : "
            "column(3))):(column(3) > %.4f ? 0xFFFFFF : 0x111111) with labels font ',10' textcolor "
            "rgb variable notitle, \\\n",
            file, 0.6 * record->baseline.mean);
    nt_text_add(&figure->script, nt_plot_tips);
}

/* --- stages ----------------------------------------------------------------------------------- */

static bool measured(const nt_record_layer *layer) {
    return layer->part != NT_PART_NONE && !isnan(layer->cost);
}

/* The number of a layer's stage, from 1, in the order in which stages with a measured convolution
 * begin; ret_new: it is the first of it. */
static int stage_number(const nt_record *record, int32_t layer, bool *ret_new) {
    int number = 0;
    *ret_new = false;
    for (int32_t i = 0; i <= layer; i++) {
        const nt_record_layer *other = &record->layers[i];
        bool seen = !measured(other);
        for (int32_t j = 0; j < i && !seen; j++)
            seen =
                measured(&record->layers[j]) && strcmp(record->layers[j].stage, other->stage) == 0;
        number += !seen;
        if (!seen && strcmp(other->stage, record->layers[layer].stage) == 0) {
            *ret_new = i == layer;
            return number;
        }
    }
    return number;
}

static const char *stage_name(const nt_record_layer *layer) {
    return layer->stage[0] ? layer->stage : "(no block)";
}

static void add_stage_layer(nt_figure *figure, const nt_record_layer *layer, int stage) {
    nt_text_printf(&figure->csv, "%d,%d,%.6f,", (int)layer->position, stage, -layer->cost);
    nt_csv_text(&figure->csv, layer->name);
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, stage_name(layer));
    nt_text_add(&figure->csv, "\n");
    nt_plot_tip(figure, layer->position, stage, "%s: %.4f", layer->name, -layer->cost);
}

void nt_plot_stages(nt_figure *figure, const nt_record *record) {
    nt_text tics;
    int stages = 0, places = 0;
    nt_text_init(&tics);
    nt_text_add(&figure->csv, "place,stage,loss,layer,stage_name\n");
    nt_plot_tips_begin(figure);
    for (int32_t i = 0; i < record->layer_count; i++) {
        const nt_record_layer *layer = &record->layers[i];
        bool begins;
        if (!measured(layer))
            continue;
        int stage = stage_number(record, i, &begins);
        if (begins)
            nt_plot_tic(&tics, stages == 0, stage_name(layer), stage);
        stages = stage > stages ? stage : stages;
        places = layer->position > places ? layer->position : places;
        add_stage_layer(figure, layer, stage);
    }
    nt_plot_tips_end(figure);
    figure->height = 44 * stages + 170;
    add_palette(figure, record);
    nt_text_printf(&figure->script,
                   "set yrange [%d.5:0.5]\nset xrange [0.5:%d.5]\nset xtics 1\nset ytics (%s)\n"
                   "set xlabel 'convolution of the stage'\n",
                   stages, places, tics.bytes);
    add_squares(figure, record, places <= 20);
    figure->script.failed = figure->script.failed || tics.failed;
    nt_text_finish(&tics);
}

/* --- pairs ------------------------------------------------------------------------------------ */

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
    nt_csv_share(&figure->csv, -item->change.mean);
    nt_csv_share(&figure->csv, alone);
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
    add_palette(figure, record);
    nt_text_printf(&figure->script,
                   "set lmargin at screen 0.2\nset rmargin at screen 0.86\nset bmargin at screen "
                   "0.22\nset tmargin at screen 0.97\nset xrange [0.5:%d.5]\nset yrange "
                   "[%d.5:0.5]\n",
                   layers, layers);
    add_pair_tics(figure, record, numbers);
    add_squares(figure, record, false);
}

void nt_plot_pairs(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    size_t size = (size_t)record->layer_count * sizeof(int);
    int *numbers = nt_alloc_zero(size);
    if (numbers)
        plot_pairs(figure, record, group, numbers);
    else
        figure->script.failed = true;
    nt_free(numbers, size);
}
