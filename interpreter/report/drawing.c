/* A figure's files, in the order data, script, drawing: when a program fails or is missing, what it
 * would have drawn from is there, to be drawn by hand. */
#include "drawing.h"

#include "build_info.h"
#include "file.h"
#include "program.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *const nt_format_names[] = {"svg", "png", "pdf", NULL};

/* The program that draws a script, unless the build is without plots: then it stays undrawn. */
static nt_status run(char *const *words, const char *package, const char *folder,
                     const nt_figure *figure, nt_arena *arena, nt_error *error) {
    return nt_feature_plots.built
               ? nt_program_run(words, package, folder, figure->name, arena, error)
               : NT_OK;
}

/* Other programs write into what they find, through links too: so there is nothing. A build without
 * plots leaves the drawings of another. */
static nt_status clear(const nt_figure *figure, unsigned formats, const char *folder,
                       nt_arena *arena, nt_error *error) {
    for (int f = 0; f < NT_FORMATS && nt_feature_plots.built; f++) {
        const char *path =
            nt_arena_printf(arena, "%s/%s.%s", folder, figure->name, nt_format_names[f]);
        if (!path)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        if ((formats & 1U << f) && unlink(path) != 0 && errno != ENOENT)
            return nt_error_in(error, NT_IO, path, -1, "cannot replace it: %s", strerror(errno));
    }
    return NT_OK;
}

/* --- plots ------------------------------------------------------------------------------------ */

/* What all plots share: neutral ink, data from the CSV file. */
static const char frame[] =
    "set datafile separator ','\n"
    "set encoding utf8\n"
    "set key outside top center horizontal samplen 2 font ',11' noenhanced textcolor rgb "
    "'#222222'\n"
    "set style fill solid noborder\n"
    "set border 3 linecolor rgb '#222222'\n"
    "set tics nomirror out scale 0.5 noenhanced textcolor rgb '#222222'\n"
    "set xlabel noenhanced textcolor rgb '#222222'\n"
    "set ylabel noenhanced textcolor rgb '#222222'\n";

/* Letters are pixels in SVG, points, 4 / 3 pixels, in PNG, which has two for one. A figure of the
 * page's width, 960 pixels, is 7.2 inches wide on paper, its letters 7 points high; cairo's PDF has
 * its fonts in it, and words as words. */
static void open_output(const nt_figure *figure, nt_format format, nt_text *text) {
    const int width = figure->width, height = figure->height;
    static const double inches = 0.0075, points = 0.0075 * 72, letters = 0.75 * 0.0075 * 72;
    switch (format) {
    case NT_SVG:
        nt_text_printf(text,
                       "set terminal svg size %d,%d font 'sans-serif,13' background 'white'\n",
                       width, height);
        break;
    case NT_PNG:
        nt_text_printf(text,
                       "set terminal pngcairo size %d,%d font 'sans-serif,13' fontscale 1.5 "
                       "linewidth 2 pointscale 2\n",
                       2 * width, 2 * height);
        break;
    default:
        nt_text_printf(text,
                       "set terminal pdfcairo size %.4fin,%.4fin font 'sans-serif,13' fontscale "
                       "%.2f linewidth %.2f pointscale %.2f\n",
                       inches * width, inches * height, letters, points, 1.35 * points);
    }
    nt_text_printf(text, "set output '%s.%s'\n", figure->name, nt_format_names[format]);
}

/* The plot itself is in the figure's script: the first format draws it, the others draw it again.
 */
static void add_script(const nt_figure *figure, unsigned formats, nt_text *text) {
    bool drawn = false;
    nt_text_printf(text, "# Draws %s from %s.csv: gnuplot -d %s.gp\n%s", figure->name, figure->name,
                   figure->name, frame);
    for (int f = 0; f < NT_FORMATS; f++) {
        if (!(formats & 1U << f))
            continue;
        open_output(figure, (nt_format)f, text);
        nt_text_add(text, drawn ? "replot\n" : figure->script.bytes);
        drawn = true;
    }
    nt_text_add(text, "set output\n");
}

nt_status nt_write_into(const char *folder, const char *name, const nt_text *text,
                        nt_error *error) {
    nt_text path;
    nt_text_init(&path);
    nt_text_printf(&path, "%s/%s", folder, name);
    nt_status status = path.failed || text->failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory writing the report")
                           : nt_file_replace(path.bytes, text->bytes, text->length, error);
    nt_text_finish(&path);
    return status;
}

static nt_status plot(const nt_figure *figure, unsigned formats, const char *folder,
                      nt_arena *arena, nt_error *error) {
    NT_TRY(clear(figure, formats, folder, arena, error));
    char *file = nt_arena_printf(arena, "./%s.gp", figure->name);
    char *words[] = {"gnuplot", "-d", file, NULL}; /* -d: nobody's ~/.gnuplot */
    nt_text text;
    nt_text_init(&text);
    add_script(figure, formats, &text);
    nt_status status = file ? nt_write_into(folder, file, &text, error) : NT_NO_MEMORY;
    nt_text_finish(&text);
    return status == NT_OK ? run(words, "gnuplot-nox", folder, figure, arena, error) : status;
}

static nt_status draw(const nt_figure *figure, unsigned formats, const char *folder,
                      nt_arena *arena, nt_error *error) {
    char *file = nt_arena_printf(arena, "./%s.dot", figure->name);
    if (!file)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(clear(figure, formats, folder, arena, error));
    NT_TRY(nt_write_into(folder, file, &figure->script, error));
    for (int f = 0; f < NT_FORMATS; f++) {
        char *form = nt_arena_printf(arena, "-T%s", nt_format_names[f]);
        char *out = nt_arena_printf(arena, "-o%s.%s", figure->name, nt_format_names[f]);
        char *words[] = {"dot", file, form, out, NULL};
        if (!form || !out)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        if (formats & 1U << f)
            NT_TRY(run(words, "graphviz", folder, figure, arena, error));
    }
    return NT_OK;
}

nt_status nt_figure_draw(const nt_figure *figure, unsigned formats, const char *folder,
                         nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *file = nt_arena_printf(&arena, "%s.csv", figure->name);
    nt_status status = file ? nt_write_into(folder, file, &figure->csv, error) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = figure->drawing ? draw(figure, formats, folder, &arena, error)
                                 : plot(figure, formats, folder, &arena, error);
    nt_arena_finish(&arena);
    return status;
}
