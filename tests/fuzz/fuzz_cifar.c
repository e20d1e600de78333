/* The files of CIFAR-10 and CIFAR-100. The first byte says which, and whether the input is filled
 * up to whole records, each of which begins with bytes of the input. */
#include "data_checks.h"
#include "records.h"
#include "scratch.h"
#include "target.h"
#include <stdio.h>
#include <string.h>

enum { HUNDRED = 1, WHOLE = 2, PIXELS = 3072, MOST_RECORDS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t records[MOST_RECORDS * (PIXELS + 2)];
    uint32_t flags = take_number(&data, &size, 1);
    size_t record = PIXELS + (flags & HUNDRED ? 2 : 1), count = size / 4 + 1;
    if (count > MOST_RECORDS)
        count = MOST_RECORDS;
    for (size_t i = 0; i < count * record; i++)
        records[i] = size ? data[(i % record < 4 ? i / record * 4 + i % record : i) % size] : 0;
    const uint8_t *bytes = flags & WHOLE ? records : data;
    size_t length = flags & WHOLE ? count * record : size;
    scratch_put(flags & HUNDRED ? "test.bin" : "test_batch.bin", bytes, length);
    scratch_put(flags & HUNDRED ? "fine_label_names.txt" : "batches.meta.txt", data, size);
    check_data(flags & HUNDRED ? "cifar100" : "cifar10", "");
    scratch_remove(flags & HUNDRED ? "test.bin" : "test_batch.bin");
    return 0;
}
