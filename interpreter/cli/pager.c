/* The pager is a shell command that gets the text through a pipe; it is waited for. Who leaves it
 * before the end has seen enough, which is no error. */
#include "pager.h"

#include "console.h"
#include "visible.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_PROGRAM = 127 }; /* what a shell exits with where it finds none */

/* Lines that the text takes on a terminal of that width. */
static int64_t lines_of(const nt_text *text, size_t width) {
    int64_t lines = 0;
    size_t column = 0;
    for (size_t i = 0; i < text->length; i++) {
        bool continued = ((unsigned char)text->bytes[i] & 0xC0) == 0x80; /* of a UTF-8 character */
        if (text->bytes[i] == '\n' || (column == width && !continued)) {
            lines++;
            column = 0;
        }
        column += text->bytes[i] != '\n' && !continued;
    }
    return lines;
}

static const char *command(void) {
    const char *pager = getenv("PAGER");
    if (!pager)
        return "command -v less > /dev/null || exit 127; exec less -FRX";
    return pager[0] && strcmp(pager, "cat") != 0 ? pager : NULL;
}

/* What the child becomes. */
static void become(const char *pager, int from) {
    if (dup2(from, STDIN_FILENO) < 0)
        _exit(NO_PROGRAM);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    setenv("LESS", "FRX", 0); /* for a $PAGER that is `less` alone */
    execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
    _exit(NO_PROGRAM);
}

static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR)
            return;
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* Returns false where the text was not shown. */
static bool show(const char *pager, const nt_text *text) {
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        become(pager, ends[0]);
    }
    close(ends[0]);
    if (child > 0) {
        void (*before)(int) = signal(SIGINT, SIG_IGN); /* Ctrl-C is the pager's */
        write_all(ends[1], text->bytes, text->length);
        close(ends[1]);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        signal(SIGINT, before);
    } else {
        close(ends[1]);
    }
    return child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM);
}

nt_status nt_page(nt_text *text, bool direct) {
    nt_visible_make(text);
    const char *pager = direct || text->failed || nt_console_muted() ? NULL : command();
    int width = nt_console_width(stdout), height = nt_console_height(stdout);
    if (!pager || !nt_console_terminal(stdout) || lines_of(text, (size_t)width) < height ||
        !show(pager, text))
        return nt_print(text);
    nt_text_finish(text);
    return NT_OK;
}
