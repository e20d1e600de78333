/* The parts are made first, then as many are put together as there is room for. */
#include "progress_line.h"

#include "fit.h"
#include <stdbool.h>

enum {
    BAR_WIDTH = 24,
    BAR_COLUMNS = BAR_WIDTH + 4, /* with its brackets and the blanks before it */
    LEAST_DETAIL = 12,           /* columns below which it is of less use than the pace */
    LEAST_AT_ALL = 4             /* columns below which it says nothing */
};

static void add_duration(nt_text *text, double seconds) {
    int64_t s = (int64_t)(seconds + 0.5);
    if (s >= 3600)
        nt_text_printf(text, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60),
                       (int)(s % 60));
    else
        nt_text_printf(text, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Rate and time left, or the time taken once all is done. */
static void add_pace(const nt_progress_step *step, nt_text *text) {
    if (step->gained <= 0 || step->seconds <= 0)
        return;
    double rate = (double)step->gained / step->seconds;
    nt_text_printf(text, rate < 10 ? "  %.2g/s" : "  %.0f/s", rate);
    nt_text_add(text, "  ");
    if (step->total > step->done)
        add_duration(text, (double)(step->total - step->done) / rate);
    else
        add_duration(text, step->seconds);
    nt_text_add(text, step->total > step->done ? " left" : step->total > 0 ? " in all" : " so far");
}

static void add_bar(const nt_progress_step *step, nt_text *text) {
    int filled = (int)((double)step->done / (double)step->total * BAR_WIDTH);
    nt_text_add(text, "  [");
    for (int i = 0; i < BAR_WIDTH; i++)
        nt_text_add(text, i < filled ? "#" : ".");
    nt_text_add(text, "]");
}

static void add_share(const nt_progress_step *step, nt_text *text) {
    if (step->total > 0)
        nt_text_printf(text, "  %d %%", (int)(100.0 * (double)step->done / (double)step->total));
    else
        nt_text_printf(text, "  %lld", (long long)step->done);
}

/* What has room, in columns. */
typedef struct layout {
    bool bar, pace;
    size_t task, detail; /* detail 0: none */
} layout;

static layout lay_out(const nt_progress_step *step, size_t share, size_t pace, size_t width) {
    layout l = {.task = nt_text_width(step->task), .detail = nt_text_width(step->detail)};
    size_t blanks = l.detail ? 2 : 0, fixed = l.task + share;
    size_t least = l.detail < LEAST_DETAIL ? l.detail : LEAST_DETAIL;
    l.bar = step->total > 0 && fixed + BAR_COLUMNS + pace + blanks + l.detail <= width;
    l.pace = fixed + pace + blanks + least <= width;
    size_t before = fixed + (l.bar ? BAR_COLUMNS : 0) + (l.pace ? pace : 0) + blanks;
    size_t room = width > before ? width - before : 0;
    if (l.detail > room)
        l.detail = room >= LEAST_AT_ALL ? room : 0;
    if (fixed > width)
        l.task = width > share ? width - share : 0;
    return l;
}

void nt_progress_line(const nt_progress_step *step, size_t width, nt_text *text) {
    nt_text share, pace;
    nt_text_init(&share);
    nt_text_init(&pace);
    add_share(step, &share);
    add_pace(step, &pace);
    layout l = {
        .pace = true, .task = nt_text_width(step->task), .detail = nt_text_width(step->detail)};
    if (width > 0)
        l = lay_out(step, nt_text_width(share.bytes), nt_text_width(pace.bytes), width);
    nt_text_add_cut(text, step->task, l.task);
    if (l.bar)
        add_bar(step, text);
    nt_text_add(text, share.bytes);
    nt_text_add(text, l.pace ? pace.bytes : "");
    nt_text_add(text, l.detail ? "  " : "");
    nt_text_add_cut(text, step->detail, l.detail);
    text->failed = text->failed || share.failed || pace.failed;
    nt_text_finish(&share);
    nt_text_finish(&pace);
}
