/* A figure's files, in the order data, script, drawing: when a program fails or is missing, what it
 * would have drawn from is there, to be drawn by hand. */
#include "drawing.h"

#include "build_info.h"
#include "file.h"
#include "program.h"

/* The program that draws a script, unless the build is without plots: then it stays undrawn. */
static nt_status run(char *const *words, const char *package, const char *folder,
                     const nt_figure *figure, nt_arena *arena, nt_error *error) {
    return nt_feature_plots.built
               ? nt_program_run(words, package, folder, figure->name, arena, error)
               : NT_OK;
}

/* What all plots share: both files, neutral ink, data from the CSV file. */
static void frame(const nt_figure *figure, nt_text *text) {
    nt_text_printf(
        text,
        "# Draws %s.svg and %s.png from %s.csv: gnuplot -d %s.gp\n"
        "set datafile separator ','\n"
        "set encoding utf8\n"
        "set key outside top center horizontal samplen 2 font ',11' noenhanced textcolor rgb "
        "'#222222'\n"
        "set style fill solid noborder\n"
        "set border 3 linecolor rgb '#222222'\n"
        "set tics nomirror out scale 0.5 noenhanced textcolor rgb '#222222'\n"
        "set xlabel noenhanced textcolor rgb '#222222'\n"
        "set ylabel noenhanced textcolor rgb '#222222'\n"
        "set terminal svg size %d,%d font 'sans-serif,13' background 'white'\n"
        "set output '%s.svg'\n",
        figure->name, figure->name, figure->name, figure->name, figure->width, figure->height,
        figure->name);
    nt_text_add(text, figure->script.bytes);
    nt_text_printf(text,
                   "set terminal pngcairo size %d,%d font 'sans-serif,13' fontscale 2 linewidth 2 "
                   "pointscale 2\nset output '%s.png'\nreplot\nset output\n",
                   2 * figure->width, 2 * figure->height, figure->name);
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

static nt_status plot(const nt_figure *figure, const char *folder, nt_arena *arena,
                      nt_error *error) {
    char *file = nt_arena_printf(arena, "./%s.gp", figure->name);
    char *words[] = {"gnuplot", "-d", file, NULL}; /* -d: nobody's ~/.gnuplot */
    nt_text text;
    nt_text_init(&text);
    frame(figure, &text);
    nt_status status = file ? nt_write_into(folder, file, &text, error) : NT_NO_MEMORY;
    nt_text_finish(&text);
    return status == NT_OK ? run(words, "gnuplot-nox", folder, figure, arena, error) : status;
}

static nt_status draw(const nt_figure *figure, const char *folder, nt_arena *arena,
                      nt_error *error) {
    static const char *const forms[] = {"svg", "png"};
    char *file = nt_arena_printf(arena, "./%s.dot", figure->name);
    if (!file)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_write_into(folder, file, &figure->script, error));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *form = nt_arena_printf(arena, "-T%s", forms[i]);
        char *out = nt_arena_printf(arena, "-o%s.%s", figure->name, forms[i]);
        char *words[] = {"dot", file, form, out, NULL};
        if (!form || !out)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        NT_TRY(run(words, "graphviz", folder, figure, arena, error));
    }
    return NT_OK;
}

nt_status nt_figure_draw(const nt_figure *figure, const char *folder, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *file = nt_arena_printf(&arena, "%s.csv", figure->name);
    nt_status status = file ? nt_write_into(folder, file, &figure->csv, error) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = figure->drawing ? draw(figure, folder, &arena, error)
                                 : plot(figure, folder, &arena, error);
    nt_arena_finish(&arena);
    return status;
}
