/* The drawing, in units of CSS pixels:
 *
 *     |<- LABELS ->|<--------- PLOT ---------->|
 *     layer1.conv1 |     o-----------x         |  LINE high each
 *     layer1.conv2 |                     ox    |
 *                  -0.8     -0.4     0          below: the axis
 *
 * Marks differ in form as well as in colour (Okabe and Ito's). */
#include "compare_dots.h"

#include "html.h"
#include <math.h>

enum { LABELS = 230, PLOT = 560, RIGHT = 30, LINE = 18, HEAD = 34, FOOT = 40 };
enum { MOST_CASES = 80, MOST_MARKS = 4, LABEL_SHOWN = 30, TICS = 5 };

static const char *const colours[MOST_MARKS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7"};

/* Of the changes that are shown; 0 is among them. */
typedef struct scale {
    double low, high;
} scale;

static scale scale_of(const nt_runs_compared *all, const nt_compared_group *group) {
    scale s = {0, 0};
    for (int32_t c = 0; c < group->case_count; c++)
        for (int32_t r = 0; r < all->run_count; r++) {
            const nt_case_result *of = group->cases[c].of[r];
            double change = of ? of->change.mean : (double)NAN;
            s.low = change < s.low ? change : s.low; /* NaN is neither */
            s.high = change > s.high ? change : s.high;
        }
    if (s.high - s.low < 1e-6)
        s.low = -0.01;
    return s;
}

static double at(scale s, double change) {
    return LABELS + PLOT * (change - s.low) / (s.high - s.low);
}

static void add_mark(nt_text *html, int32_t run, double x, double y) {
    static const char *const forms[MOST_MARKS] = {
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>",
        "<path d=\"M%.1f %.1fm-4.5-4.5l9 9m0-9l-9 9\" stroke-width=\"2\" stroke=\"%s\"/>",
        "<path d=\"M%.1f %.1fm-4-4h8v8h-8z\" fill=\"%s\"/>",
        "<path d=\"M%.1f %.1fm0-5.5l5 9h-10z\" fill=\"%s\"/>"};
    nt_text_printf(html, forms[run], x, y, colours[run]);
}

static void add_text(nt_text *html, double x, double y, const char *anchor, const char *words) {
    nt_text_printf(html, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    nt_html_text(html, words);
    nt_text_add(html, "</text>\n");
}

static void add_axis(nt_text *html, scale s, int height) {
    char words[32];
    for (int i = 0; i < TICS; i++) {
        double change = s.low + (s.high - s.low) * i / (TICS - 1);
        snprintf(words, sizeof words, "%+.3f", change);
        add_text(html, at(s, change), height - FOOT + 18, "middle", words);
    }
    nt_text_printf(html,
                   "<path d=\"M%.1f %dV%d\" stroke=\"currentColor\" stroke-dasharray=\"3 3\"/>\n",
                   at(s, 0), HEAD - 6, height - FOOT);
    add_text(html, LABELS + PLOT / 2, height - 6, "middle", "change of the metric");
}

/* A long name ends in "…", cut between characters. */
static void add_label(nt_text *html, double y, const char *name) {
    char shown[4 * LABEL_SHOWN + 8];
    size_t kept = 0;
    int characters = 0;
    for (; name[kept] && kept < sizeof shown - 8; kept++) {
        bool starts = ((unsigned char)name[kept] & 0xC0) != 0x80;
        if (starts && characters++ == LABEL_SHOWN)
            break;
        shown[kept] = name[kept];
    }
    snprintf(shown + kept, sizeof shown - kept, "%s", name[kept] ? "…" : "");
    add_text(html, LABELS - 10, y + 4, "end", shown);
}

static void add_line(nt_text *html, const nt_runs_compared *all, const nt_compared_case *item,
                     scale s, double y) {
    double low = INFINITY, high = -INFINITY;
    add_label(html, y, item->name);
    for (int32_t r = 0; r < all->run_count; r++)
        if (item->of[r] && !isnan(item->of[r]->change.mean)) {
            low = fmin(low, item->of[r]->change.mean);
            high = fmax(high, item->of[r]->change.mean);
        }
    if (low < high)
        nt_text_printf(html, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#888888\"/>", at(s, low), y,
                       at(s, high));
    for (int32_t r = 0; r < all->run_count; r++)
        if (item->of[r] && !isnan(item->of[r]->change.mean))
            add_mark(html, r, at(s, item->of[r]->change.mean), y);
    nt_text_add(html, "\n");
}

static void add_key(nt_text *html, int32_t runs) {
    char words[32];
    for (int32_t r = 0; r < runs; r++) {
        double x = LABELS + 90.0 * r;
        add_mark(html, r, x, 12);
        snprintf(words, sizeof words, "run %d", (int)r + 1);
        add_text(html, x + 10, 16, "start", words);
    }
}

void nt_compare_dots(const nt_runs_compared *all, const nt_compared_group *group, nt_text *html) {
    scale s = scale_of(all, group);
    int height = HEAD + LINE * (int)group->case_count + FOOT;
    if (group->case_count == 0 || group->case_count > MOST_CASES || all->run_count > MOST_MARKS)
        return;
    nt_text_add(html, "<figure>\n<div class=\"plot scroll\" role=\"group\" tabindex=\"0\" "
                      "aria-label=\"Figure: ");
    nt_html_text(html, group->name);
    nt_text_printf(html,
                   "\"><svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                   "font-size=\"12\" fill=\"currentColor\" aria-label=\"",
                   LABELS + PLOT + RIGHT, height, LABELS + PLOT + RIGHT, height);
    nt_html_text(html, group->name);
    nt_text_printf(html,
                   ". %d cases, a line each, with a mark for each of %d runs where its change is, "
                   "from %+.4f to %+.4f; %d have another verdict. The table has all numbers.\">\n",
                   (int)group->case_count, (int)all->run_count, s.low, s.high,
                   (int)group->verdicts);
    add_key(html, all->run_count);
    for (int32_t c = 0; c < group->case_count; c++)
        add_line(html, all, &group->cases[c], s, HEAD + LINE * (c + 0.5));
    add_axis(html, s, height);
    nt_text_add(html, "</svg></div>\n<figcaption>How much each case changes the metric in each "
                      "run.</figcaption>\n</figure>\n");
}
