/* Diagnostics are made into text when they are added, so that sources and trails may go; and into
 * text that may go to a terminal (visible.h), whatever a file has in it. */
#include "diagnostic.h"

#include "visible.h"
#include <limits.h>
#include <string.h>

/* A comparison takes up to 10 µs. A text that is wrong at each of 100,000 places, each of which
 * sees 100,000 names, is not worth a day. */
enum { MOST_NAMES = 4000, MOST_COMPARED = 100000 };

void nt_error_init(nt_error *error) {
    memset(error, 0, sizeof *error);
    nt_arena_init(&error->arena);
}

void nt_error_finish(nt_error *error) {
    nt_arena_finish(&error->arena);
    error->count = error->dropped = 0;
}

bool nt_error_full(const nt_error *error) {
    return error->count == NT_ERROR_LIMIT;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

void nt_error_move(nt_error *error, nt_error *from) {
    for (int i = 0; i < from->count; i++) {
        const nt_diagnostic *item = &from->items[i];
        if (nt_error_full(error)) {
            error->dropped++;
            continue;
        }
        const char *message = nt_arena_string(&error->arena, item->message);
        error->items[error->count++] = (nt_diagnostic){
            .status = item->status,
            .where = or_empty(nt_arena_string(&error->arena, item->where)),
            .message = message ? message : nt_status_text(NT_NO_MEMORY),
            .hint = item->hint ? nt_arena_string(&error->arena, item->hint) : NULL,
            .excerpt = or_empty(nt_arena_string(&error->arena, item->excerpt)),
        };
    }
    error->dropped += from->dropped;
    nt_error_finish(from);
}

/* As a visible line in the error's arena; NULL when out of memory. What is long is foreign. */
static const char *format_line(nt_error *error, const char *format, va_list arguments) {
    nt_text whole, line;
    nt_text_init(&whole);
    nt_text_init(&line);
    nt_text_vprintf(&whole, format, arguments);
    nt_visible_line(&line, whole.bytes, whole.length, NT_VISIBLE_MOST);
    line.failed = line.failed || whole.failed;
    nt_text_finish(&whole);
    return nt_text_keep(&line, &error->arena);
}

static const char *line_of(nt_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *line_of(nt_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *line = format_line(error, format, arguments);
    va_end(arguments);
    return or_empty(line);
}

static nt_diagnostic *add(nt_error *error, nt_status status, const char *format,
                          va_list arguments) {
    if (nt_error_full(error)) {
        error->dropped++;
        return NULL;
    }
    nt_diagnostic *item = &error->items[error->count++];
    const char *message = format_line(error, format, arguments);
    *item = (nt_diagnostic){
        .status = status,
        .where = "",
        .message = message ? message : nt_status_text(NT_NO_MEMORY),
        .excerpt = "",
    };
    return item;
}

/* The byte range [*ret_start, *ret_end) of line `line` (from 1) without its line end. */
static bool find_line(const nt_source *source, uint32_t line, size_t *ret_start, size_t *ret_end) {
    size_t start = 0;
    for (uint32_t i = 1; i < line; i++) {
        const char *end = memchr(source->text + start, '\n', source->length - start);
        if (!end)
            return false;
        start = (size_t)(end - source->text) + 1;
    }
    const char *end = memchr(source->text + start, '\n', source->length - start);
    *ret_start = start;
    *ret_end = end ? (size_t)(end - source->text) : source->length;
    if (*ret_end > start && source->text[*ret_end - 1] == '\r')
        --*ret_end;
    return true;
}

/* The byte that follows `count` code points from byte `at` on; the line's end if there are fewer.
 */
static size_t skip(const char *line, size_t length, size_t at, uint32_t count) {
    for (; count > 0 && at < length; count--) {
        at++;
        while (at < length && ((unsigned char)line[at] & 0xC0) == 0x80)
            at++;
    }
    return at;
}

/* The part of a line that an excerpt shows when the line is long: up to 120 code points around the
 * caret. Returns how many code points were cut off on the left. */
static uint32_t clip(const char *line, size_t length, uint32_t column, size_t *ret_from,
                     size_t *ret_to) {
    enum { WIDEST = 120, LEAD = 60 };
    uint32_t total = 0, skipped = 0;
    for (size_t i = 0; i < length; i++)
        total += ((unsigned char)line[i] & 0xC0) != 0x80;
    if (column > LEAD && total > WIDEST)
        skipped = column - LEAD < total - WIDEST ? column - LEAD : total - WIDEST;
    *ret_from = skip(line, length, 0, skipped);
    *ret_to = skip(line, length, *ret_from, WIDEST);
    return skipped;
}

/* The caret stands under the character that `before` bytes of the line as shown come before. */
static void add_caret(nt_text *text, const char *shown, size_t before, uint32_t width) {
    nt_text lead;
    nt_text_init(&lead);
    nt_visible_lines(&lead, shown, before);
    nt_text_add(text, "\n       | ");
    for (size_t i = 0; i < lead.length; i++)
        if (((unsigned char)lead.bytes[i] & 0xC0) != 0x80)
            nt_text_add(text, lead.bytes[i] == '\t' ? "\t" : " ");
    nt_text_add(text, "^");
    for (uint32_t i = 1; i < width; i++)
        nt_text_add(text, "~");
    nt_text_add(text, "\n");
    text->failed = text->failed || lead.failed;
    nt_text_finish(&lead);
}

static void add_excerpt(nt_text *text, nt_location location) {
    size_t start, end;
    if (!location.source || location.line == 0 ||
        !find_line(location.source, location.line, &start, &end))
        return;
    const char *line = location.source->text + start;
    size_t from, to;
    uint32_t column = location.column - clip(line, end - start, location.column, &from, &to);
    uint32_t room = (uint32_t)(to - from) < column ? 1 : (uint32_t)(to - from) - column + 1;
    nt_text_printf(text, "%6u | ", location.line);
    nt_visible_lines(text, line + from, to - from);
    add_caret(text, line + from, skip(line, to, from, column ? column - 1 : 0) - from,
              location.width < room ? location.width : room);
}

static void add_trail(nt_error *error, nt_text *text, const nt_trail *trail) {
    enum { DEEPEST = 8 };
    int depth = 0;
    for (; trail && depth < DEEPEST; trail = trail->location.trail, depth++) {
        const char *path = trail->location.source ? trail->location.source->path : "?";
        nt_text_printf(text, "  %s\n",
                       line_of(error, "%s, asked for at %s:%u:%u", trail->what, path,
                               trail->location.line, trail->location.column));
    }
    if (trail)
        nt_text_add(text, "  (and further out)\n");
}

nt_status nt_error_at(nt_error *error, nt_status status, nt_location location, const char *format,
                      ...) {
    va_list arguments;
    va_start(arguments, format);
    nt_diagnostic *item = add(error, status, format, arguments);
    va_end(arguments);
    if (!item || !location.source)
        return status;
    const char *path = location.source->path;
    item->where = location.line == 0
                      ? line_of(error, "%s", path)
                      : line_of(error, "%s:%u:%u", path, location.line, location.column);
    nt_text excerpt;
    nt_text_init(&excerpt);
    add_excerpt(&excerpt, location);
    add_trail(error, &excerpt, location.trail);
    item->excerpt = or_empty(nt_arena_string(&error->arena, excerpt.bytes));
    nt_text_finish(&excerpt);
    return status;
}

nt_status nt_error_in(nt_error *error, nt_status status, const char *path, int64_t offset,
                      const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    nt_diagnostic *item = add(error, status, format, arguments);
    va_end(arguments);
    if (item)
        item->where = offset < 0 ? line_of(error, "%s", path)
                                 : line_of(error, "%s: byte %lld", path, (long long)offset);
    return status;
}

nt_status nt_error_say(nt_error *error, nt_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(error, status, format, arguments);
    va_end(arguments);
    return status;
}

void nt_error_hint(nt_error *error, const char *format, ...) {
    if (error->count == 0 || error->dropped > 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    error->items[error->count - 1].hint = format_line(error, format, arguments);
    va_end(arguments);
}

void nt_error_suggest(nt_error *error, const char *word, const char *const *names) {
    if (error->count == 0 || error->dropped > 0 || error->compared > MOST_COMPARED)
        return;
    for (int i = 0; names[i] && i < MOST_NAMES; i++)
        error->compared++;
    const char *near = nt_nearest(word, names);
    if (near)
        nt_error_hint(error, "did you mean '%s'?", near);
}

void nt_error_format(const nt_error *error, bool colour, nt_text *text) {
    const char *bold = colour ? "\033[1m" : "", *red = colour ? "\033[1;31m" : "";
    const char *plain = colour ? "\033[0m" : "";
    for (int i = 0; i < error->count; i++) {
        const nt_diagnostic *item = &error->items[i];
        if (item->where[0])
            nt_text_printf(text, "%s%s:%s ", bold, item->where, plain);
        nt_text_printf(text, "%serror:%s %s", red, plain, item->message);
        if (item->hint)
            nt_text_printf(text, "; %s", item->hint);
        nt_text_printf(text, "\n%s", item->excerpt);
    }
    if (error->dropped > 0)
        nt_text_printf(text, "and %d more error%s\n", error->dropped,
                       error->dropped == 1 ? "" : "s");
}

const char *nt_error_line(const nt_error *error, nt_status status, nt_arena *arena) {
    const nt_diagnostic *item = &error->items[0];
    if (error->count == 0)
        return nt_arena_string(arena, nt_status_text(status));
    return nt_arena_printf(arena, "%s%s%s", item->where, item->where[0] ? ": " : "", item->message);
}

/* Damerau-Levenshtein distance with adjacent transpositions; INT_MAX past 63 characters a word. */
static int distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t n = strnlen(a, LONGEST + 1), m = strnlen(b, LONGEST + 1); /* one may be megabytes */
    if (n > LONGEST || m > LONGEST)
        return INT_MAX;
    int row[3][LONGEST + 2];
    for (size_t j = 0; j <= m; j++)
        row[1][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *before = row[(i + 2) % 3], *last = row[i % 3];
        int *now = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[(n + 1) % 3][m];
}

/* The distance is at least the difference of the lengths. */
const char *nt_nearest(const char *word, const char *const *names) {
    const char *best = NULL;
    size_t length = strlen(word);
    int best_distance = (int)(length < INT_MAX / 2 ? length : INT_MAX / 2) / 3 + 2;
    for (int i = 0; names[i] && i < MOST_NAMES; i++) {
        size_t other = strlen(names[i]);
        size_t apart = other > length ? other - length : length - other;
        if (apart >= (size_t)best_distance)
            continue;
        int d = distance(word, names[i]);
        if (d < best_distance && d < (int)other) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
