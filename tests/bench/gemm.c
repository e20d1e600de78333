/* How fast each kernel for matrix products is, on one thread: gemm [TRIES]
 *
 * Beside it stands what the processor does at most with the same vectors, by nothing but fused
 * multiply-adds. The shapes are those of convolutions: blocks of rows that lie in rows or (turned)
 * in columns, by panels of 16 columns. Rates in GFLOP/s, of TRIES (12) tries the best. */
#include "gemm.h"
#include "alloc.h"
#include "parallel.h"
#include "peak.h"
#include "tensor.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct shape {
    const char *name;
    int64_t rows, depth, panels;
    int64_t pitch; /* of A, from one row, or turned from one k, to the next */
    bool turned;
    int64_t apart; /* panels of B: so many as would lie between two of them */
} shape;

static const shape shapes[] = {
    {"first-level cache, one tile", 12, 128, 2, 128, false, 1},
    {"first-level cache, two tiles", 24, 128, 2, 128, false, 1},
    {"second-level cache", 96, 256, 4, 272, false, 1},
    {"convolution, 96 rows by 256 columns", 96, 256, 16, 272, false, 1},
    {"convolution of 512 channels, in place", 96, 256, 4, 512, false, 1},
    {"Winograd, 144 tiles, 64 channels", 144, 64, 4, 64, false, 36},
    {"Winograd, 72 tiles, 128 channels", 72, 128, 4, 128, false, 36},
    {"Winograd, 36 tiles, 256 channels", 36, 256, 4, 256, false, 36},
    {"Winograd, 16 tiles, 256 channels", 16, 256, 4, 256, false, 36},
    {"gradient to the kernel, 64 tiles", 128, 64, 8, 128, true, 1},
    {"gradient to the kernel, 256 places", 96, 256, 16, 112, true, 1},
    {"four rows", 4, 512, 4, 512, false, 1},
    {"one row", 1, 512, 16, 512, false, 1},
};

enum { SHAPES = sizeof shapes / sizeof *shapes, FLOATS = 1 << 23 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *numbers(void) {
    float *made = nt_alloc(FLOATS * sizeof *made);
    for (int i = 0; made && i < FLOATS; i++)
        made[i] = (float)(i % 17 - 8) / 16;
    return made;
}

static double rate(const nt_gemm *gemm, const shape *s, float *const memory[4], int tries) {
    const nt_block_product product = {
        .rows = s->rows,
        .depth = s->depth,
        .panels = s->panels,
        .a = memory[0],
        .a_row = s->turned ? 1 : s->pitch,
        .a_step = s->turned ? s->pitch : 1,
        .b = memory[1],
        .b_row = NT_PANEL,
        .b_panel = s->depth * NT_PANEL * s->apart,
        .c = memory[2],
        .c_row = s->panels * NT_PANEL,
        .c_panel = NT_PANEL,
    };
    const double work = 2.0 * (double)(s->rows * s->depth * s->panels) * NT_PANEL;
    const int times = (int)(4e7 / work) + 1;
    double best = 0;
    for (int i = 0; i < tries; i++) {
        double began = seconds();
        for (int j = 0; j < times; j++)
            nt_gemm_multiply(gemm, &product, memory[3]);
        double reached = 1e-9 * work * times / (seconds() - began);
        if (reached > best)
            best = reached;
    }
    return best;
}

int main(int argc, char **argv) {
    const char *names[NT_GEMM_KERNELS];
    int count = nt_gemm_names(names), tries = argc > 1 ? atoi(argv[1]) : 12;
    nt_gemm gemms[NT_GEMM_KERNELS];
    double peaks[NT_GEMM_KERNELS];
    float *memory[4];
    for (int i = 0; i < 4; i++)
        if (!(memory[i] = numbers()))
            return 1;
    nt_threads_set(1);
    printf("%-38s", "peak");
    for (int i = 0; i < count; i++) {
        nt_gemm_named(names[i], &gemms[i]);
        peaks[i] = gemms[i].peak ? nt_peak_measure(gemms[i].peak) : 0;
        printf("  %8s %6.1f", names[i], peaks[i]);
    }
    for (int i = 0; i < SHAPES; i++) {
        printf("\n%-38s", shapes[i].name);
        for (int j = 0; j < count; j++) {
            double reached = rate(&gemms[j], &shapes[i], memory, tries);
            printf("  %6.1f", reached);
            if (peaks[j] > 0)
                printf(" %6.1f %%", 100 * reached / peaks[j]);
        }
    }
    printf("\n");
    for (int i = 0; i < 4; i++)
        nt_free(memory[i], FLOATS * sizeof(float));
    return 0;
}
