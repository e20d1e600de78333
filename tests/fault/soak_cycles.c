/* One process that lives through many runs: in each cycle a suite is trained, measured and
 * reported, first with a fault at a moment that a seed decides (no memory once, a failing write,
 * sync or rename), then to its end. Memory and descriptors must not grow:
 *
 *     soak_cycles CYCLES DRAWERS
 *
 * prints a line for some cycles: its number, resident kB, bytes of nt_alloc, descriptors. It fails
 * if the last has more than 1.05 times the resident memory of the tenth part's last (cycle 20 of
 * 200), or other numbers of the rest. Started by soak.py. */
#include "file.h"
#include "results.h"
#include "run_report.h"
#include "suite_run.h"
#include "support_train.h"
#include <errno.h>
#include <sys/resource.h>

static const char suite_text[] =
    "version: 1\nsuite: soak\ngraph: net.yaml\n"
    "data: {kind: idx, root: data, classes: 10, normalise: {mean: [0.5], deviation: [0.5]}}\n"
    "train:\n  epochs: 2\n  batch: 8\n  loss: {op: softmax_cross_entropy}\n"
    "  optimiser: {kind: sgd, momentum: 0.9}\n  schedule: {kind: constant, rate: 0.01}\n"
    "evaluate: {batch: 20}\ngroups:\n  each: {hook: each.lua}\n";
static const char hook_text[] = "return function(net)\n  local cases = {}\n"
                                "  for i, conv in ipairs(net:nodes(\"conv2d\")) do cases[i] = "
                                "{name = conv.name, zero = conv} end\n"
                                "  return cases\nend\n";

typedef struct seen {
    long resident; /* kB */
    size_t allocated;
    int descriptors;
} seen;

static seen look(void) {
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &all, &pages) != 2)
        fail_msg("no /proc/self/statm");
    fclose(file);
    return (seen){pages * (sysconf(_SC_PAGESIZE) / 1024), nt_alloc_in_use(),
                  count_files("/proc/self/fd")};
}

/* Trains and measures what is not done yet, then reports. */
static nt_status do_all(const char *folder, nt_error *error) {
    nt_suite *suite;
    nt_results *results = NULL;
    const nt_suite_options options = {.out = path_in(folder, "run")};
    nt_status status = nt_suite_load(path_in(folder, "suite.yaml"), NULL, 0, &suite, error);
    if (status != NT_OK)
        return status;
    status = nt_suite_run(suite, &options, &results, error);
    if (status == NT_OK)
        status =
            nt_run_report_write(options.out, path_in(folder, "run/report"), false, NULL, error);
    nt_results_free(results);
    nt_suite_free(suite);
    return status;
}

static int failed; /* cycles whose fault was met */

static void cycle(const char *folder, int number) {
    nt_error error;
    nt_error_init(&error);
    switch (number % 4) {
    case 0:
        fail_allocation(rand() % 20000);
        break;
    case 1:
        nt_file_fail_at(1 + rand() % 60, EIO);
        break;
    case 2:
        nt_file_fail_at(1 + rand() % 60, ENOSPC);
        break;
    default:
        fail_allocation(rand() % 500);
    }
    nt_status status = do_all(folder, &error);
    allow_all_allocations();
    nt_file_fail_at(0, 0);
    failed += status != NT_OK;
    nt_error_finish(&error);
    nt_error_init(&error);
    EXPECT_OK(&error, do_all(folder, &error)); /* goes on */
    nt_error_finish(&error);
    void *run = strdup(path_in(folder, "run"));
    assert_int_equal(drop_folder(&run), 0);
}

int main(int argc, char **argv) {
    int cycles = argc > 1 ? atoi(argv[1]) : 20,
        early = cycles >= 50 ? cycles / 10 : (cycles + 1) / 2;
    void *folder;
    seen first = {0}, last = {0};
    char data[300];
    setenv("PATH", argc > 2 ? argv[2] : "", 1); /* what draws figures: other programs' work */
    setenv("OMP_NUM_THREADS", "1", 1);
    srand(20090);
    assert_int_equal(make_folder(&folder), 0);
    snprintf(data, sizeof data, "%s/data", (char *)folder);
    assert_int_equal(mkdir(data, 0777), 0);
    make_images(data, 40, 60);
    write_bytes(path_in(folder, "net.yaml"), tiny_network, strlen(tiny_network));
    write_bytes(path_in(folder, "suite.yaml"), suite_text, strlen(suite_text));
    write_bytes(path_in(folder, "each.lua"), hook_text, strlen(hook_text));
    for (int i = 1; i <= cycles; i++) {
        cycle(folder, i);
        last = look();
        if (i == early)
            first = last;
        if (i == early || i % ((cycles + 9) / 10) == 0)
            printf("%4d %8ld kB %8zu bytes %3d descriptors\n", i, last.resident, last.allocated,
                   last.descriptors);
    }
    printf("%d of %d cycles met their fault\n", failed, cycles);
    drop_folder(&folder);
    bool flat = last.resident <= first.resident * 21 / 20 && last.allocated == first.allocated &&
                last.descriptors == first.descriptors;
    if (!flat)
        printf("grown\n");
    return !flat || failed == 0;
}
