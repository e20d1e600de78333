/* CIFAR-10 (Krizhevsky 2009), binary version: 50,000 training and 10,000 test images of 10 classes,
 * one label byte before each (cifar.h). */
#include "cifar.h"

static const nt_field fields[] = {{0}};

static const nt_cifar_layout layout = {
    .label_bytes = 1,
    .label_at = 0,
    .classes = 10,
    .archive = "cifar-10-binary.tar.gz",
};

/* By split. */
static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                    "data_batch_4.bin", "data_batch_5.bin", NULL};
static const char *const test[] = {"test_batch.bin", NULL};

/* As published at https://www.cs.toronto.edu/~kriz/cifar.html. */
static const nt_data_source source = {
    .url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    .md5 = "c32a1d4ab5d03f1284b67883e8d87530",
};

static nt_status open(const void *options, nt_arena *arena, nt_data_info *info, nt_error *error) {
    (void)options;
    NT_TRY(nt_cifar_find(&layout, arena, info, NT_TRAIN, train, error));
    NT_TRY(nt_cifar_find(&layout, arena, info, NT_TEST, test, error));
    NT_TRY(nt_cifar_describe(&layout, arena, info, "batches.meta.txt", error));
    static const float mean[] = {.4914f, .4822f, .4465f}, deviation[] = {.2470f, .2435f, .2616f};
    nt_data_set_usual(info, mean, deviation);
    return NT_OK;
}

static nt_status load(const void *options, const nt_data_info *info, nt_split split, nt_images *ret,
                      nt_error *error) {
    (void)options;
    return nt_cifar_load(&layout, info, split, split == NT_TRAIN ? train : test, ret, error);
}

const nt_data_kind nt_data_kind_cifar10 = {
    .kind = {.name = "cifar10",
             .doc = "CIFAR-10, binary version: 10 classes, 3x32x32",
             .fields = fields},
    .folder = "cifar-10-batches-bin",
    .source = &source,
    .open = open,
    .load = load,
};
