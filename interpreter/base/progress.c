#include "progress.h"

#include <stdarg.h>
#include <stdio.h>

void nt_progress_step(const nt_progress *progress, const char *what, const char *detail,
                      int64_t done, int64_t total) {
    if (progress && progress->step)
        progress->step(progress->context, what, detail, done, total);
}

void nt_progress_note(const nt_progress *progress, const char *format, ...) {
    char line[512];
    if (!progress || !progress->note)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    progress->note(progress->context, line);
}
