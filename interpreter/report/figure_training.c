/* The metric on the held-out images, and the loss, over the epochs of each seed. */
#include "plot.h"

#include "csv_out.h"
#include "figure_words.h"
#include <math.h>

static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73",
                                      "#CC79A7", "#E69F00", "#56B4E9"};
enum { COLOURS = sizeof colours / sizeof *colours };

static bool held_out(const nt_record *record) {
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++)
            if (!isnan(record->seeds[s].epochs[e].held_value))
                return true;
    return false;
}

static void add_epochs(nt_figure *figure, const nt_record *record) {
    nt_text_printf(&figure->csv, "seed,epoch,rate,loss,accuracy,held_out_loss,held_out_%s\n",
                   record->metric);
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++) {
            const nt_record_epoch *at = &record->seeds[s].epochs[e];
            nt_text_printf(&figure->csv, "%d,%d", (int)record->seeds[s].seed, (int)at->epoch);
            nt_csv_real(&figure->csv, at->rate);
            nt_csv_real(&figure->csv, at->loss);
            nt_csv_real(&figure->csv, at->accuracy);
            nt_csv_real(&figure->csv, at->held_loss);
            nt_csv_real(&figure->csv, at->held_value);
            nt_text_add(&figure->csv, "\n");
        }
}

static void add_epoch_tips(nt_figure *figure, const nt_record *record, bool held) {
    nt_plot_tips_begin(figure);
    for (int32_t s = 0; s < record->seed_count; s++)
        for (int32_t e = 0; e < record->seeds[s].epoch_count; e++) {
            const nt_record_epoch *at = &record->seeds[s].epochs[e];
            double value = held ? at->held_value : at->accuracy;
            if (!isnan(value))
                nt_plot_tip(figure, at->epoch, value, "seed %d, epoch %d: %.4f, loss %.4f",
                            (int)record->seeds[s].seed, (int)at->epoch, value, at->loss);
        }
    nt_plot_tips_end(figure);
}

/* Without held-out images, the accuracy on the training images. */
static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    (void)group;
    bool held = held_out(record);
    figure->height = 380;
    add_epochs(figure, record);
    add_epoch_tips(figure, record, held);
    nt_text_printf(&figure->script,
                   "set border 11 linecolor rgb '#222222'\nset y2tics nomirror\nset yrange [0:1]\n"
                   "set y2range [0:*]\nset grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set xlabel 'epoch'\nset ylabel '%s'\n"
                   "set y2label 'training loss' noenhanced textcolor rgb '#222222'\nplot \\\n",
                   held ? record->metric : "training accuracy");
    for (int32_t s = 0; s < record->seed_count; s++) {
        int seed = (int)record->seeds[s].seed;
        if (record->seeds[s].epoch_count == 0)
            continue;
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 2:(column(1) == %d ? column(%d) : NaN) with lines "
            "linewidth 1.5 linecolor rgb '%s' title 'seed %d', \\\n"
            "  '%s.csv' skip 1 using 2:(column(1) == %d ? column(4) : NaN) axes x1y2 with "
            "lines dashtype 2 linecolor rgb '%s' notitle, \\\n",
            figure->name, seed, held ? 7 : 5, colours[s % COLOURS], seed, figure->name, seed,
            colours[s % COLOURS]);
    }
    nt_text_add(&figure->script, nt_plot_tips);
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
    for (int32_t s = 0; s < record->seed_count; s++)
        if (record->seeds[s].epoch_count > 1)
            return true;
    return false;
}

const nt_figure_kind nt_figure_kind_training = {
    .kind = {.name = "training",
             .doc = "the metric and the loss after each epoch of training",
             .fields = nt_no_fields},
    .title = "Training",
    .caption = "The metric on the held-out images (solid) and the training loss (dashed) after "
               "each epoch.",
    .fits = fits,
    .draw = draw,
    .describe = nt_describe_training,
};
