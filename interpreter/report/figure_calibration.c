/* The share of right answers against how sure the network is of them (a reliability diagram), of
 * the baseline and of another case. */
#include "plot.h"

#include "csv_out.h"
#include "plot_names.h"

static const char *const colours[] = {"#0072B2", "#D55E00"};
enum { SHOWN = sizeof colours / sizeof *colours, WIDTH = 640, HEIGHT = 560 };

static int count_shown(const nt_reliability *reliability) {
    return reliability->case_count < SHOWN ? (int)reliability->case_count : SHOWN;
}

static void add_bin(nt_figure *figure, const nt_reliability_case *item, int number, int b) {
    const nt_reliability_bin *bin = &item->bins[b];
    double confidence = bin->confidence / bin->images, right = (double)bin->right / bin->images;
    nt_text_printf(&figure->csv, "%d", number);
    nt_csv_real(&figure->csv, (double)b / NT_RELIABILITY_BINS);
    nt_csv_real(&figure->csv, (b + 1.0) / NT_RELIABILITY_BINS);
    nt_text_printf(&figure->csv, ",%d", (int)bin->images);
    nt_csv_real(&figure->csv, confidence);
    nt_csv_real(&figure->csv, right);
    nt_csv_real(&figure->csv, nt_reliability_error(item->bins));
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, item->name);
    nt_text_add(&figure->csv, "\n");
    nt_plot_tip(figure, confidence, right, "%s: %d images, confidence %.4f, right %.4f", item->name,
                (int)bin->images, confidence, right);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    const nt_reliability *reliability = record->reliability;
    (void)group;
    figure->width = WIDTH;
    figure->height = HEIGHT;
    nt_text_add(&figure->csv, "number,above,up_to,images,confidence,right,ece,case\n");
    nt_plot_tips_begin(figure);
    for (int c = 0; c < count_shown(reliability); c++)
        for (int b = 0; b < NT_RELIABILITY_BINS; b++)
            if (reliability->cases[c].bins[b].images > 0)
                add_bin(figure, &reliability->cases[c], c + 1, b);
    nt_plot_tips_end(figure);
    nt_text_add(&figure->script,
                "set key vertical maxrows 2\nset xrange [0:1]\nset yrange [0:1]\n"
                "set grid linecolor rgb '#888888' linewidth 0.3\n"
                "set xlabel 'confidence'\nset ylabel 'share that is right'\n"
                "plot x with lines linecolor rgb '#222222' dashtype 2 notitle, \\\n");
    for (int c = 0; c < count_shown(reliability); c++) {
        nt_text_printf(&figure->script,
                       "  '%s.csv' skip 1 using 5:(column(1) == %d ? column(6) : NaN) with "
                       "linespoints pointtype 7 pointsize 0.6 linewidth 1.5 linecolor rgb '%s' "
                       "title '",
                       figure->name, c + 1, colours[c]);
        nt_plot_name(&figure->script, reliability->cases[c].name);
        nt_text_printf(&figure->script, ": ECE %.4f', \\\n",
                       nt_reliability_error(reliability->cases[c].bins));
    }
    nt_text_add(&figure->script, nt_plot_tips);
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    const nt_reliability *reliability = record->reliability;
    (void)group;
    nt_text_add(words, "ECE: ");
    for (int c = 0; c < count_shown(reliability); c++)
        nt_text_printf(words, "%s%s %.4f", c ? ", " : "", reliability->cases[c].name,
                       nt_reliability_error(reliability->cases[c].bins));
    nt_text_add(words, ".");
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
    return record->reliability != NULL;
}

const nt_figure_kind nt_figure_kind_calibration = {
    .kind = {.name = "calibration",
             .doc = "how often the network is right against how sure it is, and its ECE",
             .fields = nt_no_fields},
    .title = "Calibration",
    .caption = "The share of right answers against the confidence, the largest of the softmax, in "
               "15 bins of equal width, of the baseline and of the case that costs the most, with "
               "the first seed. ECE: the mean over the images of how far the two are apart in "
               "their bin.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
