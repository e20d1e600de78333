/* The one place that writes to standard output. The first failed write is kept until
 * nt_print_finish, since a full disk may show only when the stream is closed. */
#include "console.h"

#include "json_out.h"
#include "visible.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool muted;
static int print_errno; /* of the first write to standard output that failed, or 0 */

void nt_console_init(void) {
    /* /dev/null opened the wrong way round: using it fails, as using a closed stream should. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    signal(SIGPIPE, SIG_IGN);
}

bool nt_console_terminal(FILE *stream) {
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) && !(kind && strcmp(kind, "dumb") == 0);
}

bool nt_console_colour(FILE *stream) {
    const char *forbidden = getenv("NO_COLOR");
    return nt_console_terminal(stream) && !(forbidden && forbidden[0]);
}

static struct winsize size_of(FILE *stream) {
    struct winsize size = {0};
    if (!isatty(fileno(stream)))
        return size;
    (void)ioctl(fileno(stream), TIOCGWINSZ, &size);
    size.ws_col = size.ws_col ? size.ws_col : 80;
    size.ws_row = size.ws_row ? size.ws_row : 24;
    return size;
}

int nt_console_width(FILE *stream) {
    return size_of(stream).ws_col;
}

int nt_console_height(FILE *stream) {
    return size_of(stream).ws_row;
}

static void keep_errno(bool failed) {
    if (failed && print_errno == 0)
        print_errno = errno ? errno : EIO;
}

void nt_console_mute(void) {
    muted = true;
}

bool nt_console_muted(void) {
    return muted;
}

nt_status nt_print(nt_text *text) {
    nt_visible_make(text);
    nt_status status = text->failed ? NT_NO_MEMORY : NT_OK;
    if (status == NT_OK && !muted)
        keep_errno(fwrite(text->bytes, 1, text->length, stdout) != text->length);
    nt_text_finish(text);
    return status;
}

void nt_print_codes(const char *codes) {
    if (!muted)
        keep_errno(fputs(codes, stdout) == EOF);
}

void nt_print_note(const char *format, ...) {
    nt_text text;
    va_list arguments;
    nt_text_init(&text);
    va_start(arguments, format);
    nt_text_vprintf(&text, format, arguments);
    va_end(arguments);
    nt_visible_make(&text);
    if (!muted)
        fprintf(stderr, "%s\n", text.failed ? nt_status_text(NT_NO_MEMORY) : text.bytes);
    nt_text_finish(&text);
}

void nt_print_error(const nt_error *error) {
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, nt_console_colour(stderr), &text);
    keep_errno(fflush(stdout) != 0);
    if (!muted)
        fputs(text.failed ? "error: out of memory\n" : text.bytes, stderr);
    nt_text_finish(&text);
}

nt_status nt_print_finish(nt_error *error) {
    keep_errno(fflush(stdout) != 0);
    keep_errno(fclose(stdout) != 0);
    if (print_errno == 0 || print_errno == EPIPE) /* a reader that left has all that it wants */
        return NT_OK;
    return nt_error_say(error, NT_IO, "cannot write standard output: %s", strerror(print_errno));
}

nt_status nt_json_print(json_t *value) {
    nt_text text;
    nt_text_init(&text);
    nt_json_format(value, &text);
    json_decref(value);
    return nt_print(&text);
}

void nt_console_table(const nt_table *table, nt_text *text) {
    nt_table_room room = {.width = (size_t)nt_console_width(stdout)};
    nt_table_fit(table, &room, text);
    nt_table_note_left_out(&room, "--json has all there is", text);
}
