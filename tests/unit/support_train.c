#include "support_train.h"

void make_images(const char *folder, int train, int test) {
    unsigned char bytes[20000];
    assert_true(train <= 900 && test <= 900);
    write_bytes(path_in(folder, "train-images-idx3-ubyte"), bytes, idx_images(bytes, 0, train));
    write_bytes(path_in(folder, "train-labels-idx1-ubyte"), bytes, idx_labels(bytes, 0, train));
    write_bytes(path_in(folder, "t10k-images-idx3-ubyte"), bytes, idx_images(bytes, 50, test));
    write_bytes(path_in(folder, "t10k-labels-idx1-ubyte"), bytes, idx_labels(bytes, 50, test));
}

const void *record_of(bench *b, const nt_kind *kind, const char *text) {
    char why[NT_FIELD_WHY] = "";
    const void *made = nt_kind_record(kind, text, &b->arena, why);
    if (!made)
        fail_msg("%s", why);
    return made;
}

void set_loss(bench *b, const char *attrs) {
    const nt_op *op = &nt_op_softmax_cross_entropy;
    nt_loss_term *term = NT_ARENA_NEW(&b->arena, nt_loss_term);
    assert_non_null(term);
    *term = (nt_loss_term){.op = op, .attrs = record_of(b, &op->kind, attrs), .weight = 1};
    b->recipe.loss = term;
    b->recipe.loss_count = 1;
}

void set_optimiser(bench *b, const char *name, const char *options) {
    const nt_optimiser *optimiser = nt_optimiser_find(name);
    assert_non_null(optimiser);
    b->recipe.optimiser = optimiser;
    b->recipe.optimiser_options = record_of(b, &optimiser->kind, options);
}

void set_schedule(bench *b, const char *name, const char *options) {
    const nt_schedule *schedule = nt_schedule_find(name);
    assert_non_null(schedule);
    b->recipe.schedule = schedule;
    b->recipe.schedule_options = record_of(b, &schedule->kind, options);
}

nt_augment_step augment_step(bench *b, const char *name, const char *options) {
    const nt_augment *augment = nt_augment_find(name);
    assert_non_null(augment);
    return (nt_augment_step){augment, record_of(b, &augment->kind, options)};
}

void open_bench(bench *b, const char *network, const char *folder) {
    *b = (bench){0};
    nt_error_init(&b->error);
    nt_arena_init(&b->arena);
    EXPECT_OK(&b->error, nt_network_load_text("tiny.yaml", network, strlen(network), NULL, 0,
                                              &b->network, &b->error));
    if (folder) {
        EXPECT_OK(&b->error,
                  nt_dataset_open(nt_data_find("idx"), NULL, folder, NULL, &b->dataset, &b->error));
        EXPECT_OK(&b->error, nt_loader_new(b->dataset, NT_TRAIN, NULL, &b->loader, &b->error));
    }
    b->recipe.epochs = 2;
    b->recipe.batch = 8;
    set_loss(b, "");
    set_optimiser(b, "sgd", "momentum=0.9 weight_decay=0.001 nesterov=true");
    set_schedule(b, "one_cycle", "peak=0.1");
}

void close_bench(bench *b) {
    nt_loader_free(b->loader);
    nt_dataset_free(b->dataset);
    nt_network_free(b->network);
    nt_arena_finish(&b->arena);
    nt_error_finish(&b->error);
}

nt_weights *drawn_weights(const nt_network *network, uint64_t seed) {
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, seed), NT_OK);
    return weights;
}

bool same_weights(const nt_weights *a, const nt_weights *b) {
    for (size_t i = 0; i < nt_weights_count(a); i++) {
        nt_tensor x = nt_weights_at(a, i), y = nt_weights_at(b, i);
        if (memcmp(x.data, y.data, (size_t)nt_type_stored(x.type) * sizeof(float)) != 0)
            return false;
    }
    return true;
}
