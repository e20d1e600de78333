/* A square for each convolution, by its stage and its place there. */
#include "plot.h"

#include "csv_out.h"
#include "figure_words.h"
#include <math.h>
#include <string.h>

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

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text tics;
    int stages = 0, places = 0;
    (void)group;
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
    nt_plot_palette(figure, record);
    nt_text_printf(&figure->script,
                   "set yrange [%d.5:0.5]\nset xrange [0.5:%d.5]\nset xtics 1\nset ytics (%s)\n"
                   "set xlabel 'convolution of the stage'\n",
                   stages, places, tics.bytes);
    nt_plot_squares(figure, record, places <= 20);
    figure->script.failed = figure->script.failed || tics.failed;
    nt_text_finish(&tics);
}

static bool fits(const nt_record *record) {
    for (int32_t i = 0; i < record->layer_count; i++)
        if (measured(&record->layers[i]))
            return true;
    return false;
}

const nt_figure_kind nt_figure_kind_stages = {
    .kind = {.name = "stages",
             .doc = "what the loss of each convolution costs, by stage and place in it",
             .fields = nt_no_fields},
    .title = "Where the layers that matter are",
    .caption = "What the loss of each convolution costs, by stage and place in it.",
    .fits = fits,
    .draw = draw,
    .describe = nt_describe_costs,
};
