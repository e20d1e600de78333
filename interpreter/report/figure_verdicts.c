/* A bar for each group: how its cases are shared out among the verdicts, over all seeds. For runs
 * that have several large groups to compare; of one, or of a few cases, the page's words say it. */
#include "plot.h"

#include "csv_out.h"
#include "figure_words.h"
#include "plot_names.h"

enum { MANY = 10, /* cases of a group whose shares are worth a look */ HIGH = 340, AXES = 120 };

/* From the ground up. */
static const struct {
    nt_verdict verdict;
    const char *colour;
} parts[] = {{NT_CRITICAL, "#D55E00"},
             {NT_UNDECIDED, "#BBBBBB"},
             {NT_TRIVIAL, "#009E73"},
             {NT_BETTER, "#0072B2"}};
enum { PARTS = sizeof parts / sizeof *parts };

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
    int many = 0;
    for (int32_t g = 0; g < record->group_count; g++)
        many += record->groups[g].case_count >= MANY;
    return many >= 2;
}

/* Of a group's cases with all seeds, the share that has a verdict; what failed has none. */
static double share_of(const nt_record *record, const nt_record_group *group, nt_verdict verdict) {
    double count = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        count += group->cases[c].verdicts[verdict];
    return count / ((double)group->case_count * record->seed_count);
}

static void add_group(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                      int position, nt_names_shown *names) {
    double shares[PARTS], top = 0;
    nt_text_printf(&figure->csv, "%d", position);
    for (int p = 0; p < PARTS; p++) {
        shares[p] = share_of(record, group, parts[p].verdict);
        top += shares[p];
        nt_csv_real(&figure->csv, shares[p]);
    }
    nt_text_printf(&figure->csv, ",%d,", (int)group->case_count);
    nt_csv_text(&figure->csv, group->name);
    nt_text_add(&figure->csv, "\n");
    nt_names_shown_add(names, group->name, position);
    nt_plot_tip(
        figure, position, top,
        "%s: of %d cases %.0f %% critical; %.0f %% undecided; %.0f %% trivial; %.0f %% better",
        group->name, (int)group->case_count, 100 * shares[0], 100 * shares[1], 100 * shares[2],
        100 * shares[3]);
}

/* Each bar is drawn from the ground, the highest first: what the next one leaves is its share. */
static void add_bars(nt_figure *figure) {
    for (int p = PARTS - 1; p >= 0; p--) {
        nt_text_printf(&figure->script, "  '%s.csv' skip 1 using 1:(", figure->name);
        for (int below = 0; below <= p; below++)
            nt_text_printf(&figure->script, "%scolumn(%d)", below ? " + " : "", 2 + below);
        nt_text_printf(&figure->script, ") with boxes linecolor rgb '%s' title '%s', \\\n",
                       parts[p].colour, nt_verdict_name(parts[p].verdict));
    }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_names_shown names;
    int position = 0;
    (void)group;
    nt_names_shown_init(&names);
    nt_text_add(&figure->csv, "position");
    for (int p = 0; p < PARTS; p++)
        nt_text_printf(&figure->csv, ",%s", nt_verdict_name(parts[p].verdict));
    nt_text_add(&figure->csv, ",cases,group\n");
    nt_plot_tips_begin(figure);
    for (int32_t g = 0; g < record->group_count; g++)
        if (record->groups[g].case_count > 0)
            add_group(figure, record, &record->groups[g], ++position, &names);
    nt_plot_tips_end(figure);
    int below = nt_names_below(figure, &names, figure->width - AXES, NULL);
    figure->height = HIGH + below;
    nt_names_margin(figure, below);
    nt_text_printf(&figure->script,
                   "set xrange [0.3:%d.7]\nset yrange [0:1]\nset boxwidth 0.6\n"
                   "set ylabel 'share of the cases'\nplot \\\n",
                   position);
    add_bars(figure);
    nt_text_add(&figure->script, nt_plot_tips);
    nt_names_shown_finish(&names);
}

const nt_figure_kind nt_figure_kind_verdicts = {
    .kind = {.name = "verdicts",
             .doc = "how the cases of each group are shared out among the verdicts",
             .fields = nt_no_fields},
    .title = "Verdicts",
    .caption = "How the cases of each group are shared out among the verdicts.",
    .fits = fits,
    .draw = draw,
    .describe = nt_describe_verdicts,
};
