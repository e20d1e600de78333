/* A square for each convolution, by its stage and its place there. */
#include "plot_grid.h"

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

static void add_layers(nt_figure *figure, const nt_record *record, nt_grid *grid) {
    for (int32_t i = 0; i < record->layer_count; i++) {
        const nt_record_layer *layer = &record->layers[i];
        char number[16];
        bool begins;
        if (!measured(layer))
            continue;
        int stage = stage_number(record, i, &begins);
        if (begins)
            nt_names_shown_add(&grid->rows, stage_name(layer), stage);
        while (grid->columns.count < layer->position) {
            snprintf(number, sizeof number, "%d", grid->columns.count + 1);
            nt_names_shown_add(&grid->columns, number, grid->columns.count + 1);
        }
        add_stage_layer(figure, layer, stage);
    }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_grid grid;
    (void)group;
    nt_grid_init(&grid);
    grid.below = "convolution of the stage";
    nt_text_add(&figure->csv, "place,stage,loss,layer,stage_name\n");
    nt_plot_tips_begin(figure);
    add_layers(figure, record, &grid);
    nt_plot_tips_end(figure);
    nt_grid_costs(figure, &grid, record);
    nt_grid_plot(figure, &grid);
    nt_grid_finish(&grid);
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
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
