#include "scratch.h"

#include <endian.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[200];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static void drop(void) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_folder(void) {
    const char *above = getenv("TMPDIR");
    if (folder[0])
        return folder;
    snprintf(folder, sizeof folder, "%s/nontrivial-fuzz-XXXXXX",
             above                           ? above
             : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                             : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        abort();
    }
    atexit(drop);
    return folder;
}

const char *scratch_path(const char *name) {
    static char paths[16][300];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder(), name);
    return path;
}

static const char *put(const char *name, const void *first, size_t first_size, const void *second,
                       size_t second_size) {
    const char *path = scratch_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, first, first_size) != (ssize_t)first_size ||
        write(fd, second, second_size) != (ssize_t)second_size || close(fd) != 0) {
        perror(path);
        abort();
    }
    return path;
}

const char *scratch_put(const char *name, const void *bytes, size_t size) {
    return put(name, bytes, size, NULL, 0);
}

const char *scratch_put_headed(const char *name, const void *bytes, size_t size) {
    const char *zero = memchr(bytes, 0, size);
    size_t header = zero ? (size_t)(zero - (const char *)bytes) : size;
    unsigned char *first = malloc(8 + header);
    uint64_t length = htole64(header);
    if (!first)
        abort();
    memcpy(first, &length, 8);
    memcpy(first + 8, bytes, header);
    const char *path = zero ? put(name, first, 8 + header, zero + 1, size - header - 1)
                            : put(name, first, 8 + header, NULL, 0);
    free(first);
    return path;
}

void scratch_remove(const char *name) {
    unlink(scratch_path(name));
}
