#include "support_mutate.h"

#include <sys/resource.h>

enum { MUTATIONS = 200, SECONDS = 5, MOST_MEMORY = 256 << 20 };

void sum_bytes(uint64_t *sum, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        *sum = (*sum ^ at[i]) * 0x100000001b3u + 0x9e3779b9;
}

typedef struct valid {
    unsigned char *bytes;
    size_t size;
    uint64_t sum;
    long memory; /* kB that this process had taken at most, before */
} valid;

static long memory_peak(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Reads a variant; a reader that hangs is ended by SIGALRM. `what` says which it is. */
static bool try(const specimen *s, const unsigned char *bytes, size_t size, const char *what,
                uint64_t *ret_sum) {
    nt_error error;
    const char *slash = strrchr(s->path, '/');
    size_t before = nt_alloc_in_use();
    nt_error_init(&error);
    unlink(s->path);
    write_bytes(s->path, bytes, size);
    *ret_sum = 0;
    alarm(SECONDS);
    nt_status status = s->read(s->root, ret_sum, &error);
    alarm(0);
    if (status == NT_OK && error.count > 0)
        fail_msg("%s, %s: read, with an error: %s", s->name, what, shown(&error));
    bool named = strstr(shown(&error), slash + 1) || strstr(shown(&error), s->root);
    if (status != NT_OK && (error.count == 0 || !named))
        fail_msg("%s, %s: the error does not name the file: %s", s->name, what, shown(&error));
    if (status != NT_OK && status != NT_INVALID)
        fail_msg("%s, %s: no fault of the file: %s", s->name, what, shown(&error));
    nt_error_finish(&error);
    if (nt_alloc_in_use() != before)
        fail_msg("%s, %s: %zu bytes are left", s->name, what, nt_alloc_in_use() - before);
    return status == NT_OK;
}

static valid take_valid(const specimen *s) {
    valid v = {.memory = memory_peak()};
    FILE *file = fopen(s->path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    v.size = (size_t)ftell(file);
    rewind(file);
    v.bytes = malloc(v.size + 1);
    assert_int_equal(fread(v.bytes, 1, v.size, file), v.size);
    fclose(file);
    if (!try(s, v.bytes, v.size, "unchanged", &v.sum))
        fail_msg("%s: the valid file is refused", s->name);
    return v;
}

static void give_back(const specimen *s, valid *v) {
    unlink(s->path);
    write_bytes(s->path, v->bytes, v->size);
    free(v->bytes);
    if ((memory_peak() - v->memory) > MOST_MEMORY / 1024)
        fail_msg("%s: %ld kB of memory were taken", s->name, memory_peak() - v->memory);
}

void expect_truncations(const specimen *s) {
    valid v = take_valid(s);
    size_t step = s->most_cuts ? v.size / (size_t)s->most_cuts + 1 : 1;
    for (size_t size = 0; size < v.size; size += step) {
        uint64_t sum;
        char what[64];
        snprintf(what, sizeof what, "cut to %zu of %zu bytes", size, v.size);
        if (try(s, v.bytes, size, what, &sum) && sum != v.sum)
            fail_msg("%s, %s: read as something else", s->name, what);
    }
    give_back(s, &v);
}

/* A sequence of numbers, the same in each run. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t number_at(const unsigned char *at, size_t width, bool big) {
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[big ? i : width - 1 - i];
    return value;
}

static void put_number(unsigned char *at, size_t width, bool big, uint64_t value) {
    for (size_t i = 0; i < width; i++, value >>= 8)
        at[big ? width - 1 - i : i] = (unsigned char)value;
}

static uint64_t value_for(uint64_t *state, uint64_t old, size_t width, size_t size) {
    uint64_t most = width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
    const uint64_t values[] = {0,       1,        most,      most / 2,   most / 2 + 1, old + 1,
                               old - 1, old ^ 32, size,      size + 1,   most - 1,     old * 2,
                               255,     65535,    INT32_MAX, draw(state)};
    return values[draw(state) % (sizeof values / sizeof *values)];
}

static size_t place_for(uint64_t *state, size_t size) {
    enum { NEAR = 600 };
    size_t near = size < NEAR ? size : NEAR;
    switch (draw(state) % 4) {
    case 0:
        return draw(state) % size;
    case 1:
        return size - 1 - draw(state) % near;
    default:
        return draw(state) % near;
    }
}

void expect_mutations(const specimen *s) {
    valid v = take_valid(s);
    unsigned char *mutant = malloc(v.size);
    uint64_t state = v.size, sum;
    for (int i = 0; i < MUTATIONS; i++) {
        char what[128];
        size_t at = place_for(&state, v.size), width = (size_t)1 << draw(&state) % 4;
        bool big = draw(&state) & 1;
        width = width < v.size - at ? width : v.size - at;
        uint64_t old = number_at(v.bytes + at, width, big);
        uint64_t value = value_for(&state, old, width, v.size);
        memcpy(mutant, v.bytes, v.size);
        put_number(mutant + at, width, big, value);
        snprintf(what, sizeof what, "mutation %d: %zu bytes at %zu are %#llx", i, width, at,
                 (unsigned long long)value);
        try(s, mutant, v.size, what, &sum);
    }
    free(mutant);
    give_back(s, &v);
}
