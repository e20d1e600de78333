/* In place of libFuzzer: gives a target the files named, and those in the folders named, one after
 * the other, and if asked to, some changes of each, which follow from a fixed seed.
 *
 *     replay_NAME [-mutations=N] [-seconds=S] FILE-OR-FOLDER…
 *
 * A fault ends it; the file is named before. After S seconds no further change is tried. */
#include "target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 1 << 16 }; /* bytes of a changed input */

static int mutations;
static double seconds = 1e9;
static long files, executions;
static uint64_t state = 1;

__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                                                     unsigned seed);

/* xorshift64* (Vigna 2016) */
static uint32_t draw(uint32_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) {
    static const uint8_t edges[] = {0, 1, 0x7F, 0x80, 0xFE, 0xFF, '0', '9', '-', '"', '\n'};
    size_t at = size ? draw((uint32_t)size) : 0, length = 1 + draw(8), from;
    if (length > size - at)
        length = size - at;
    switch (size ? draw(5) : 3) {
    case 0: /* a bit */
        data[at] ^= (uint8_t)(1 << draw(8));
        return size;
    case 1: /* an edge, over several bytes */
        memset(data + at, edges[draw(sizeof edges)], length);
        return size;
    case 2: /* less */
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 3: /* one byte more */
        if (size >= most)
            return size;
        memmove(data + at + 1, data + at, size - at);
        data[at] = edges[draw(sizeof edges)];
        return size + 1;
    default: /* a piece of it elsewhere */
        from = draw((uint32_t)(size - length + 1));
        memmove(data + at, data + from, length);
        return size;
    }
}

static void change(const uint8_t *bytes, size_t size) {
    static uint8_t changed[MOST];
    double begun = now();
    for (int i = 0; i < mutations && size <= MOST && now() - begun < seconds; i++) {
        size_t length = size;
        memcpy(changed, bytes, size);
        for (uint32_t times = 1 + draw(3); times > 0; times--)
            length = LLVMFuzzerCustomMutator
                         ? LLVMFuzzerCustomMutator(changed, length, MOST, draw(UINT32_MAX))
                         : LLVMFuzzerMutate(changed, length, MOST);
        LLVMFuzzerTestOneInput(changed, length);
        executions++;
    }
}

static void run_file(const char *path, FILE *file) {
    size_t size = 0, room = 1 << 16;
    uint8_t *bytes = malloc(room);
    while (bytes && (size += fread(bytes + size, 1, room - size, file)) == room)
        bytes = realloc(bytes, room *= 2);
    if (!bytes)
        exit(1);
    fprintf(stderr, "%s\n", path);
    uint8_t *exact = malloc(size ? size : 1); /* so that reading past its end is seen */
    if (!exact)
        exit(1);
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    files++;
    executions++;
    change(exact, size);
    free(exact);
    free(bytes);
}

static void run(const char *path) {
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    FILE *file = count < 0 ? fopen(path, "rb") : NULL;
    if (count < 0 && !file) {
        perror(path);
        exit(2);
    }
    if (file) {
        run_file(path, file);
        fclose(file);
    }
    for (int i = 0; i < count; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            run(inner);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (sscanf(argv[i], "-mutations=%d", &mutations) != 1 &&
            sscanf(argv[i], "-seconds=%lf", &seconds) != 1)
            run(argv[i]);
    printf("%ld files, %ld executions\n", files, executions);
    return files == 0;
}
