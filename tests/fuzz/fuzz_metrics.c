/* Any text as a training's metrics.csv, as a report reads it. */
#include "mutate_lines.h"
#include "record_private.h"
#include "scratch.h"
#include "target.h"
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool begun;
    nt_record record = {.metric = "accuracy"};
    nt_record_seed seed = {.seed = 0};
    nt_error error;
    int32_t lines = 0;
    if (!begun)
        mkdir(scratch_path("seed-0"), 0777);
    begun = true;
    size_t before = nt_alloc_in_use();
    scratch_put("seed-0/metrics.csv", data, size);
    nt_arena_init(&record.arena);
    record.folder = scratch_folder();
    nt_error_init(&error);
    nt_status status = nt_record_read_training(&record, &seed, &error);
    check_outcome(status, &error);
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    assert(seed.epoch_count >= 0 && seed.epoch_count <= lines);
    for (int32_t i = 0; i < seed.epoch_count; i++)
        assert(seed.epochs[i].epoch >= 1);
    nt_error_finish(&error);
    nt_arena_finish(&record.arena);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"1",     "nan", "inf", "-1", "1e400",      "0x1p3",
                                        "epoch", "",    ",",   ",,", "2147483648", NULL};
    static const char *const lines[] = {"1,0.1,2.3,0.5,,,1.000",
                                        "2,0.1,nan,0.5,1,0.5,1",
                                        "epoch,rate,loss,accuracy,held_out_loss,held_out_accuracy,"
                                        "seconds",
                                        ",,,,,,",
                                        "3,,,,,,",
                                        NULL};
    return mutate_lines(data, size, most, seed, words, lines);
}
