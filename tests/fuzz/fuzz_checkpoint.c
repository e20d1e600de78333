/* A checkpoint of a real run whose metadata the input changes: {"epoch": "7", "step": null} sets
 * one and removes the other. Its digests are then made right, since a digest is no authority:
 * whoever can write a file can write its digest. Training goes on from what is found where the run
 * comes there. Input that is no JSON is taken as the whole file. */
#include "checkpoint.h"
#include "loader.h"
#include "mutate_json.h"
#include "network_file.h"
#include "scratch.h"
#include "target.h"
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

enum { IMAGES = 16, EPOCHS = 3, BATCH = 8, MOST_ENTRIES = 64 };

static const char graph[] = "version: 1\ngraph: tiny\ninput: [1, 2, 2]\nnodes:\n"
                            "  conv1: {op: conv2d, channels: 2, kernel: 2}\n"
                            "  bn1:   {op: batch_norm}\n"
                            "  pool:  {op: global_avg_pool}\n";

static nt_arena arena;
static nt_network *network;
static nt_dataset *dataset;
static nt_loader *loader;
static nt_recipe recipe;
static nt_training training;
static nt_training_state *state; /* as it was saved */
static const nt_metadata *base;
static nt_identity identity;
static char folder[300];

static void must(nt_status status, const nt_error *error) {
    if (status != NT_OK)
        fprintf(stderr, "%s\n", error->count ? error->items[0].message : "failed");
    assert(status == NT_OK);
}

static void make_data(void) {
    static const unsigned char head[16] = {0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, 2, 0, 0, 0, 2},
                               label_head[8] = {0, 0, 8, 1, 0, 0, 0, IMAGES};
    unsigned char images[16 + IMAGES * 4], labels[8 + IMAGES];
    memcpy(images, head, 16);
    memcpy(labels, label_head, 8);
    for (int i = 0; i < IMAGES; i++) {
        labels[8 + i] = (unsigned char)(i % 2);
        for (int k = 0; k < 4; k++)
            images[16 + 4 * i + k] = (unsigned char)(i * 37 + k * 91);
    }
    scratch_put("train-images-idx3-ubyte", images, sizeof images);
    scratch_put("train-labels-idx1-ubyte", labels, sizeof labels);
}

static const void *record(const nt_kind *kind, const char *text) {
    char why[NT_FIELD_WHY];
    const void *made = nt_kind_record(kind, text, &arena, why);
    assert(made);
    return made;
}

static void make_recipe(void) {
    const nt_op *op = nt_op_find("softmax_cross_entropy");
    nt_loss_term *term = NT_ARENA_NEW(&arena, nt_loss_term);
    *term = (nt_loss_term){.op = op, .attrs = record(&op->kind, ""), .weight = 1};
    recipe = (nt_recipe){.epochs = EPOCHS,
                         .batch = BATCH,
                         .loss = term,
                         .loss_count = 1,
                         .optimiser = nt_optimiser_find("sgd"),
                         .schedule = nt_schedule_find("constant")};
    recipe.optimiser_options = record(&recipe.optimiser->kind, "momentum=0.9");
    recipe.schedule_options = record(&recipe.schedule->kind, "rate=0.01");
}

static bool stopping; /* while the run whose checkpoint is kept is under way */

static nt_status measure(void *context, const nt_weights *weights, double *ret_loss,
                         double *ret_value, nt_error *error) {
    (void)context, (void)weights, (void)error;
    *ret_loss = *ret_value = 0;
    return stopping ? NT_INTERRUPTED : NT_OK;
}

static void begin(void) {
    nt_error error;
    nt_weights *weights;
    nt_error_init(&error);
    nt_arena_init(&arena);
    make_data();
    make_recipe();
    snprintf(folder, sizeof folder, "%s/run", scratch_folder());
    mkdir(folder, 0777);
    must(nt_network_load_text("tiny.yaml", graph, sizeof graph - 1, NULL, 0, &network, &error),
         &error);
    must(nt_dataset_open(nt_data_find("idx"), record(&nt_data_find("idx")->kind, "classes=2"),
                         scratch_folder(), NULL, &dataset, &error),
         &error);
    must(nt_loader_new(dataset, NT_TRAIN, NULL, &loader, &error), &error);
    training = (nt_training){.network = network,
                             .recipe = &recipe,
                             .loader = loader,
                             .data_digest = "data",
                             .folder = folder,
                             .measure = measure,
                             .measured = "accuracy"};
    must(nt_weights_new(network, &weights), &error);
    stopping = true;
    nt_status status = nt_train(&training, weights, &error);
    stopping = false;
    assert(status == NT_INTERRUPTED);
    nt_weights_free(weights);
    nt_error_finish(&error);
    nt_error_init(&error);
    must(nt_training_state_new(network, recipe.optimiser, &state, &error), &error);
    must(nt_safetensors_metadata(scratch_path("run/checkpoint-0.safetensors"), &arena, &base,
                                 &error),
         &error);
    must(nt_safetensors_read(scratch_path("run/checkpoint-0.safetensors"), state->weights, NULL,
                             &error),
         &error);
    must(nt_identity_find(&training, &identity), &error);
    nt_error_finish(&error);
}

/* What the metadata become; `digest` last, and right. */
static int change(const json_t *changes, nt_metadata *ret, char digest[NT_DIGEST_HEX]) {
    int count = 0;
    const char *key;
    const json_t *value;
    for (const nt_metadata *entry = base; entry->key; entry++)
        if (strcmp(entry->key, "digest") != 0 && !json_object_get(changes, entry->key))
            ret[count++] = *entry;
    json_object_foreach((json_t *)(uintptr_t)changes, key, value) {
        if (json_is_string(value) && strcmp(key, "digest") != 0 && count < MOST_ENTRIES - 2)
            ret[count++] = (nt_metadata){key, json_string_value(value)};
    }
    nt_digest *sum = nt_digest_new();
    for (int i = 0; i < count; i++) {
        nt_digest_add(sum, ret[i].key, strlen(ret[i].key) + 1);
        nt_digest_add(sum, ret[i].value, strlen(ret[i].value) + 1);
    }
    nt_digest_end(sum, digest);
    ret[count++] = (nt_metadata){"digest", digest};
    ret[count] = (nt_metadata){NULL, NULL};
    return count;
}

/* Whether the run comes there. */
static bool is_within(const nt_cursor *cursor) {
    return cursor->epoch >= 0 && cursor->epoch <= EPOCHS && cursor->step >= 0 &&
           cursor->step <= IMAGES / BATCH && (cursor->epoch < EPOCHS || cursor->step == 0);
}

/* Returns whether there is something to go on from. */
static bool check_load(void) {
    static const nt_course course = {EPOCHS, IMAGES / BATCH, BATCH};
    nt_error error;
    nt_arena texts;
    nt_checkpoint found;
    nt_training_state *fresh;
    nt_error_init(&error);
    nt_arena_init(&texts);
    must(nt_training_state_new(network, recipe.optimiser, &fresh, &error), &error);
    nt_status status =
        nt_checkpoint_load(folder, fresh, &identity, &course, &texts, &found, &error);
    check_outcome(status, &error);
    bool there = status == NT_OK && found.found != NT_FOUND_NONE;
    assert(!there || is_within(&found.cursor));
    nt_error_finish(&error);
    nt_error_init(&error);
    status = nt_checkpoint_look(folder, &texts, &found, &error);
    check_outcome(status, &error);
    nt_error_finish(&error);
    nt_training_state_free(fresh);
    nt_arena_finish(&texts);
    return there;
}

static void check_training(void) {
    nt_weights *weights;
    nt_error error;
    nt_error_init(&error);
    must(nt_weights_new(network, &weights), &error);
    nt_status status = nt_train(&training, weights, &error);
    check_outcome(status, &error);
    nt_weights_free(weights);
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char place[] = "run/checkpoint-0.safetensors";
    if (!network)
        begin();
    size_t before = nt_alloc_in_use();
    scratch_remove("run/checkpoint-1.safetensors");
    scratch_remove("run/weights.safetensors");
    json_t *changes = json_loadb((const char *)data, size, 0, NULL);
    if (changes) {
        nt_metadata metadata[MOST_ENTRIES];
        char digest[NT_DIGEST_HEX];
        nt_error error;
        nt_error_init(&error);
        change(changes, metadata, digest);
        must(nt_safetensors_write(scratch_path(place), state->weights, metadata, &error), &error);
        nt_error_finish(&error);
    } else {
        scratch_put(place, data, size);
    }
    if (check_load())
        check_training();
    json_decref(changes);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"epoch",       "step",       "loss_sum",
                                        "correct",     "seconds",    "counted",
                                        "numerics",    "build",      "tensors",
                                        "format",      "network",    "data",
                                        "loss",        "optimiser",  "schedule",
                                        "batch",       "seed",       "0",
                                        "1",           "2",          "3",
                                        "4",           "-1",         "2147483647",
                                        "-2147483648", "4294967296", "9223372036854775807",
                                        "0x1p+3",      "nan",        "inf",
                                        "-inf",        "",           "1x",
                                        " 1",          "1e999",      "usual",
                                        NULL};
    return mutate_json(data, size, most, seed, words);
}
