/* gnuplot guesses what room letters take, differently in each of its terminals; here it is so many
 * pixels a letter, of the widest usual sans-serif, and margins are said in shares of the figure. */
#include "plot_names.h"

enum {
    LETTERS = 5,
    PIXELS = 31, /* so many letters of a tic take so many pixels */
    GAP = 14,
    LINE = 16,
    LEVEL = 24 /* of names beside one another, which stand further off the axis */
};

static bool begins_character(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80; /* of UTF-8 */
}

static int count_characters(const char *name) {
    int count = 0;
    for (; *name; name++)
        count += begins_character(*name);
    return count;
}

void nt_names_shown_init(nt_names_shown *names) {
    *names = (nt_names_shown){0};
    nt_text_init(&names->tics);
}

void nt_names_shown_finish(nt_names_shown *names) {
    nt_text_finish(&names->tics);
}

/* Appends a name, cut where it is long; `tic`: where the per cent sign means something, too. */
static void add_cut(nt_text *text, const char *name, bool tic) {
    bool cut = count_characters(name) > NT_LONGEST_NAME;
    int left = cut ? NT_LONGEST_NAME - 1 : NT_LONGEST_NAME;
    for (; *name; name++) {
        if (begins_character(*name) && left-- == 0)
            break;
        nt_text_add(text, *name == '\'' ? "'" : *name == '%' && tic ? "%" : "");
        nt_text_add_bytes(text, name, 1);
    }
    nt_text_add(text, cut ? "…" : "");
}

void nt_plot_name(nt_text *text, const char *name) {
    add_cut(text, name, false);
}

void nt_names_shown_add(nt_names_shown *names, const char *name, double at) {
    int characters = count_characters(name);
    int pixels = (characters < NT_LONGEST_NAME ? characters : NT_LONGEST_NAME) * PIXELS / LETTERS;
    nt_text_add(&names->tics, names->count++ ? ", '" : "'");
    add_cut(&names->tics, name, true);
    nt_text_printf(&names->tics, "' %g", at);
    names->longest = pixels >= names->longest ? pixels + 1 : names->longest;
}

int nt_names_below(nt_figure *figure, const nt_names_shown *names, int wide, const char *what) {
    bool upright = (names->longest + GAP) * names->count > wide;
    nt_text_printf(&figure->script, "set xtics %s font ',10' (%s)\n",
                   upright ? "rotate by 90 right" : "", names->tics.bytes);
    if (what)
        nt_text_printf(&figure->script,
                       "set label 1 '%s' at graph 0.5, screen 0 center offset 0, 0.6 font ',11' "
                       "textcolor rgb '#222222'\n",
                       what);
    figure->script.failed = figure->script.failed || names->tics.failed;
    return (upright ? names->longest : LEVEL) + GAP + (what ? LINE : 0);
}

void nt_names_margin(nt_figure *figure, int below) {
    nt_text_printf(&figure->script, "set bmargin at screen %.5f\n", (double)below / figure->height);
}
