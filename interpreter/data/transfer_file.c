/* file:///path, as RFC 8089 writes it: this machine's path after an empty host or `localhost`, with
 * %XX for any byte. */
#include "transfer_private.h"

#include "alloc.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

static bool copy(FILE *file, const nt_transfer *to, int64_t total) {
    char piece[1 << 15];
    int64_t done = 0;
    size_t size;
    while ((size = fread(piece, 1, sizeof piece, file)) > 0) {
        done += (int64_t)size;
        if (!to->take(to->context, piece, size) || !to->watch(to->context, done, total))
            return false;
    }
    return !ferror(file);
}

static nt_status read_path(const char *path, const nt_transfer *to, char why[NT_TRANSFER_WHY]) {
    struct stat info;
    FILE *file = fopen(path, "rbe");
    bool there = file && fstat(fileno(file), &info) == 0;
    if (there && !S_ISREG(info.st_mode)) {
        errno = EISDIR;
        there = false;
    }
    bool ok = there && copy(file, to, info.st_size);
    if (!ok)
        snprintf(why, NT_TRANSFER_WHY, "%s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return ok ? NT_OK : NT_FAILED;
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
