/* The four files of an IDX data set. The first byte says what is made right in their headers: the
 * magic numbers, the counts, the size of images; the next two cut the rest into images and labels,
 * which both splits have. */
#include "data_checks.h"
#include "records.h"
#include "scratch.h"
#include "target.h"
#include <string.h>

enum { MAGIC = 1, COUNTS = 2, SIDES = 4, PACKED = 8 };

static void put_big(uint8_t *to, size_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Cuts it to whole images of 2x3 where it is to be right. */
static size_t mend(uint8_t *bytes, size_t size, uint32_t flags, int images) {
    size_t head = images ? 16 : 8;
    if (size < head)
        return size;
    if (flags & MAGIC)
        put_big(bytes, images ? 0x803 : 0x801);
    if (images && flags & SIDES) {
        put_big(bytes + 8, 2);
        put_big(bytes + 12, 3);
    }
    if (flags & COUNTS) {
        size_t each = images ? 6 : 1;
        put_big(bytes + 4, (size - head) / each);
        size = head + (size - head) / each * each;
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[2][2] = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
                                            {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
    static uint8_t files[2][1 << 16];
    uint32_t flags = take_number(&data, &size, 1), cut = take_number(&data, &size, 2);
    size_t sizes[2] = {cut < size ? cut : size, 0};
    if (size > sizeof files[0])
        return 0;
    sizes[1] = size - sizes[0];
    for (int role = 0; role < 2; role++) {
        memcpy(files[role], data + (role ? sizes[0] : 0), sizes[role]);
        sizes[role] = mend(files[role], sizes[role], flags, !role);
    }
    if (flags & COUNTS && flags & SIDES && sizes[0] >= 16 && sizes[1] >= 8) { /* as many of both */
        size_t images = (sizes[0] - 16) / 6, labels = sizes[1] - 8;
        size_t count = images < labels ? images : labels;
        sizes[0] = mend(files[0], 16 + 6 * count, flags, 1);
        sizes[1] = mend(files[1], 8 + count, flags, 0);
    }
    for (int split = 0; split < 2; split++)
        for (int role = 0; role < 2; role++)
            scratch_put(names[split][role], files[role], sizes[role]);
    check_data("idx", "classes=3");
    return 0;
}
