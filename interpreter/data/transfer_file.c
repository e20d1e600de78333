/* file:///path, as RFC 8089 writes it: this machine's path after an empty host or `localhost`, with
 * %XX for any byte. */
#include "transfer_private.h"

#include "alloc.h"
#include "file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int hex(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) & 15) : -1;
}

/* The path of a URL, in `ret`, which has room for the URL. False where it has none. */
static bool path_of(const char *url, char *ret) {
    const char *at = url + strlen("file://");
    if (strncmp(at, "localhost/", strlen("localhost/")) == 0)
        at += strlen("localhost");
    if (*at != '/')
        return false;
    for (; *at; at++) {
        int high = *at == '%' ? hex(at[1]) : -1, low = high >= 0 ? hex(at[2]) : -1;
        *ret = low >= 0 ? (char)(high << 4 | low) : *at;
        if (!*ret++)
            return false; /* %00 */
        at += low >= 0 ? 2 : 0;
    }
    *ret = '\0';
    return true;
}

static bool copy(int file, const nt_transfer *to, int64_t total) {
    char piece[1 << 15];
    int64_t done = 0, size;
    while ((size = nt_file_read_at(file, done, piece, sizeof piece)) > 0) {
        done += size;
        if (!to->take(to->context, piece, (size_t)size) || !to->watch(to->context, done, total))
            return false;
    }
    return size == 0;
}

static nt_status read_path(const char *path, const nt_transfer *to, char why[NT_TRANSFER_WHY]) {
    int64_t size;
    int file;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_file_open(path, &file, &size, &error);
    if (status == NT_OK) {
        status = copy(file, to, size) ? NT_OK : NT_FAILED;
        if (status != NT_OK)
            snprintf(why, NT_TRANSFER_WHY, "%s: %s", path, strerror(errno));
        close(file);
    } else {
        snprintf(why, NT_TRANSFER_WHY, "%s: %s", path,
                 error.count > 0 ? error.items[0].message : nt_status_text(status));
    }
    nt_error_finish(&error);
    return status == NT_OK ? NT_OK : NT_FAILED;
}

nt_status nt_transfer_file(const char *url, const nt_transfer *to, char ret_why[NT_TRANSFER_WHY]) {
    size_t room = strlen(url) + 1;
    char *path = nt_alloc(room);
    nt_status status = NT_NO_MEMORY;
    if (path && !path_of(url, path)) {
        snprintf(ret_why, NT_TRANSFER_WHY, "it names no file of this machine");
        status = NT_FAILED;
    } else if (path) {
        status = read_path(path, to, ret_why);
    }
    nt_free(path, room);
    return status;
}
