/* A square for each layer and the epoch to which it was put back: layer criticality, as Zhang,
 * Bengio and Singer plot it ("Are all layers created equal?", JMLR 2022). A layer matters the later
 * the more, the further to the right its row stays dark. */
#include "csv_out.h"
#include "plot_grid.h"

#include <math.h>
#include <string.h>

/* The place of an epoch among the group's, from 1: how many different ones are not after it. */
static int place_of(const nt_record_group *group, int32_t epoch) {
    int place = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t other = nt_record_epoch_of(&group->cases[c]);
        bool seen = other > epoch;
        for (int32_t d = 0; d < c && !seen; d++)
            seen = nt_record_epoch_of(&group->cases[d]) == other;
        place += !seen;
    }
    return place;
}

/* The name of the case's layer; "" where it isn't known. */
static const char *layer_of(const nt_record *record, const nt_record_case *item) {
    return item->layers[0] >= 0 ? record->layers[item->layers[0]].name : "";
}

/* The row of case c: layers in the order in which they first come. */
static int row_of(const nt_record_group *group, int32_t c) {
    int row = 1;
    for (int32_t d = 0; d < group->case_count; d++) {
        bool first = true;
        if (group->cases[d].layers[0] == group->cases[c].layers[0])
            return row;
        for (int32_t e = 0; e < d; e++)
            first = first && group->cases[e].layers[0] != group->cases[d].layers[0];
        row += first;
    }
    return row;
}

static void name_columns(nt_grid *grid, const nt_record_group *group) {
    int32_t count = 0, most = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t place = place_of(group, nt_record_epoch_of(&group->cases[c]));
        most = place > most ? place : most;
    }
    for (int32_t place = 1; place <= most; place++)
        for (int32_t c = 0; c < group->case_count && count < place; c++) {
            char name[16];
            int32_t epoch = nt_record_epoch_of(&group->cases[c]);
            if (place_of(group, epoch) != place)
                continue;
            snprintf(name, sizeof name, "%d", (int)epoch);
            nt_names_shown_add(&grid->columns, name, place);
            count++;
        }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_grid grid;
    nt_grid_init(&grid);
    grid.below = "epoch to which the layer is put back";
    name_columns(&grid, group);
    nt_text_add(&figure->csv, "place,row,loss,epoch,layer\n");
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        const char *layer = layer_of(record, item);
        int32_t epoch = nt_record_epoch_of(item);
        int place = place_of(group, epoch), row = row_of(group, c);
        if (grid.rows.count < row)
            nt_names_shown_add(&grid.rows, layer, row);
        if (isnan(item->change.mean))
            continue;
        nt_text_printf(&figure->csv, "%d,%d,%.6f,%d,", place, row, -item->change.mean, (int)epoch);
        nt_csv_text(&figure->csv, layer);
        nt_text_add(&figure->csv, "\n");
        nt_plot_tip(figure, place, row, "%s at epoch %d: %.4f", layer, (int)epoch,
                    item->value.mean);
    }
    nt_plot_tips_end(figure);
    nt_grid_costs(figure, &grid, record);
    nt_grid_plot(figure, &grid);
    nt_grid_finish(&grid);
}

const nt_figure_kind nt_figure_kind_rewound = {
    .kind = {.name = "rewound",
             .doc = "what it costs to put each layer, alone, back to what it was after an epoch",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_REWOUND),
    .caption =
        "What it costs to put each layer, alone, back to what it was after so many epochs of "
        "training; 0: before it.",
    .draw = draw,
};
