/* CIFAR-100 (Krizhevsky 2009), binary version: 50,000 training and 10,000 test images of 100
 * classes in 20 superclasses; before each image a byte with the superclass, then one with the class
 * (cifar.h). */
#include "cifar.h"

enum { FINE, COARSE };

typedef struct options {
    int32_t labels;
} options;

static const char *const labels[] = {"fine", "coarse", NULL};

static const nt_field fields[] = {
    {"labels", NT_CHOICE, offsetof(options, labels), "fine", .choices = labels,
     .doc = "fine: the 100 classes; coarse: the 20 superclasses"},
    {0},
};

static const nt_cifar_layout layouts[] = {
    [FINE] = {.label_bytes = 2,
              .label_at = 1,
              .classes = 100,
              .archive = "cifar-100-binary.tar.gz"},
    [COARSE] = {.label_bytes = 2,
                .label_at = 0,
                .classes = 20,
                .archive = "cifar-100-binary.tar.gz"},
};

static const char *const train[] = {"train.bin", NULL};
static const char *const test[] = {"test.bin", NULL};

/* As published at https://www.cs.toronto.edu/~kriz/cifar.html. */
static const nt_data_source source = {
    .url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    .md5 = "03b5dce01913d631647c71ecec9e9cb8",
};

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const options *o = record;
    const nt_cifar_layout *layout = &layouts[o->labels];
    NT_TRY(nt_cifar_find(layout, arena, info, NT_TRAIN, train, error));
    NT_TRY(nt_cifar_find(layout, arena, info, NT_TEST, test, error));
    const char *names = o->labels == FINE ? "fine_label_names.txt" : "coarse_label_names.txt";
    NT_TRY(nt_cifar_describe(layout, arena, info, names, error));
    static const float mean[] = {.5071f, .4865f, .4409f}, deviation[] = {.2673f, .2564f, .2762f};
    nt_data_set_usual(info, mean, deviation);
    return NT_OK;
}

static nt_status load(const void *record, const nt_data_info *info, nt_split split, nt_images *ret,
                      nt_error *error) {
    const options *o = record;
    return nt_cifar_load(&layouts[o->labels], info, split, split == NT_TRAIN ? train : test, ret,
                         error);
}

const nt_data_kind nt_data_kind_cifar100 = {
    .kind = {.name = "cifar100",
             .doc = "CIFAR-100, binary version: 100 classes in 20 superclasses, 3x32x32",
             .fields = fields,
             .size = sizeof(options)},
    .folder = "cifar-100-binary",
    .source = &source,
    .open = open,
    .load = load,
};
