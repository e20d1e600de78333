#include "progress.h"

#include "status.h"
#include "visible.h"
#include <stdarg.h>

void nt_progress_step(const nt_progress *progress, const char *what, const char *detail,
                      int64_t done, int64_t total) {
    if (progress && progress->step)
        progress->step(progress->context, what, detail, done, total);
}

void nt_progress_note(const nt_progress *progress, const char *format, ...) {
    if (!progress || !progress->note)
        return;
    nt_text text, line;
    va_list arguments;
    nt_text_init(&text);
    nt_text_init(&line);
    va_start(arguments, format);
    nt_text_vprintf(&text, format, arguments);
    va_end(arguments);
    if (text.length > NT_VISIBLE_MOST)
        nt_visible_line(&line, text.bytes, text.length, NT_VISIBLE_MOST);
    else
        nt_visible_lines(&line, text.bytes, text.length); /* scripts print tabs */
    bool failed = text.failed || line.failed;
    progress->note(progress->context, failed ? nt_status_text(NT_NO_MEMORY) : line.bytes);
    nt_text_finish(&text);
    nt_text_finish(&line);
}
