#include "report.h"

#include <stdarg.h>
#include <stdio.h>

void nt_report_progress(const nt_report *report, const char *what, const char *detail, int64_t done,
                        int64_t total) {
    if (report && report->progress)
        report->progress(report->context, what, detail, done, total);
}

void nt_report_note(const nt_report *report, const char *format, ...) {
    char line[512];
    if (!report || !report->note)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    report->note(report->context, line);
}
