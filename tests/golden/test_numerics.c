/* That the bits of evaluation and of training are those of the stated revision of the numerics.
 * Their digests are in numerics.txt:
 *
 *     revision 4
 *     fused-wide adamw 0956afe5…
 *
 * Bits depend on the processor in two ways alone: whether the kernel for matrix products multiplies
 * and adds in one (`fused`, as all of our own and some of BLIS's do) or not (`apart`), and whether
 * other kernels do (`wide`: AVX2 and AVX-512 alike) or not (`plain`). A process has one of the
 * first and, since the second can be limited, both of the others.
 *
 * Whoever changes bits raises NT_NUMERICS_REVISION (ops/numerics.h) and writes them anew:
 *
 *     test_numerics --write fused
 *     NONTRIVIAL_KERNEL=blis BLIS_ARCH_TYPE=25 test_numerics --write apart
 *
 * (25: BLIS's plain C.) */
#include "alloc.h"
#include "attrs.h"
#include "derived_weights.h"
#include "file.h"
#include "network_file.h"
#include "numerics.h"
#include "op_library.h"
#include "trainer.h"
#include "vectorise.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { IMAGES = 16, CLASSES = 10 };

#define STORED GOLDEN "/numerics.txt"

typedef struct bench {
    nt_error error;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_dataset *dataset;
    nt_loader *loader;
} bench;

static void must(bench *b, nt_status status) {
    nt_text text;
    if (status == NT_OK)
        return;
    nt_text_init(&text);
    nt_error_format(&b->error, false, &text);
    fail_msg("%s", text.bytes);
}

static void open_bench(bench *b) {
    *b = (bench){0};
    nt_error_init(&b->error);
    nt_arena_init(&b->arena);
    must(b, nt_network_load(GOLDEN "/numerics.yaml", NULL, 0, &b->network, &b->error));
    must(b, nt_weights_new(b->network, &b->weights));
    must(b, nt_dataset_open(nt_data_find("cifar10"), NULL, GOLDEN "/blobs", NULL, &b->dataset,
                            &b->error));
    must(b, nt_loader_new(b->dataset, NT_TEST, NULL, &b->loader, &b->error));
}

static void close_bench(bench *b) {
    nt_loader_free(b->loader);
    nt_dataset_free(b->dataset);
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_arena_finish(&b->arena);
    nt_error_finish(&b->error);
}

static void add_digest(nt_text *lines, const char *what, nt_digest *digest) {
    char hex[NT_DIGEST_HEX];
    nt_digest_end(digest, hex);
    nt_text_printf(lines, "%s %s\n", what, hex);
}

/* --- training --------------------------------------------------------------------------------- */

static const void *record(bench *b, const nt_kind *kind, const char *text) {
    char why[NT_FIELD_WHY] = "";
    const void *made = nt_kind_record(kind, text, &b->arena, why);
    if (!made)
        fail_msg("%s", why);
    return made;
}

/* The weights as files order them, so that how they lie in memory takes no part. */
static nt_digest *digest_weights(const nt_weights *weights) {
    nt_digest *digest = nt_digest_new();
    assert_non_null(digest);
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        if (tensor.type.dtype != NT_F32)
            continue;
        size_t size = (size_t)nt_shape_elements(tensor.type.shape) * sizeof(float);
        float *rows = malloc(size);
        assert_non_null(rows);
        nt_tensor_to_rows(tensor.type, tensor.f, rows);
        nt_digest_add(digest, rows, size);
        free(rows);
    }
    return digest;
}

static void train_in(bench *b, const char *folder, const nt_recipe *recipe) {
    static const char *const left[] = {NT_WEIGHTS_FILE, NT_INITIAL_FILE, "metrics.csv"};
    const nt_training training = {.network = b->network,
                                  .recipe = recipe,
                                  .loader = b->loader,
                                  .data_digest = "blobs",
                                  .seed = 3,
                                  .folder = folder};
    must(b, nt_train(&training, b->weights, &b->error));
    for (int i = 0; i < 3; i++)
        unlink(nt_arena_printf(&b->arena, "%s/%s", folder, left[i]));
}

/* Six steps with an optimiser, dropout and every augmentation that keeps the size. */
static void train(bench *b, const char *optimiser, const char *options, const char *schedule,
                  const char *schedule_options) {
    static const char *const names[][2] = {
        {"crop", "pad=4"}, {"flip", ""}, {"affine", ""}, {"intensity", ""}, {"noise", ""}};
    enum { STEPS = sizeof names / sizeof *names };
    nt_augment_step steps[STEPS];
    char folder[] = "/tmp/nontrivial-numerics-XXXXXX";
    const nt_op *op = &nt_op_softmax_cross_entropy;
    const nt_loss_term loss = {
        .op = op, .attrs = record(b, &op->kind, "label_smoothing=0.1"), .weight = 1};
    nt_recipe recipe = {.epochs = 3,
                        .batch = IMAGES / 2,
                        .loss = &loss,
                        .loss_count = 1,
                        .optimiser = nt_optimiser_find(optimiser),
                        .schedule = nt_schedule_find(schedule),
                        .augment = steps,
                        .augment_count = STEPS};
    recipe.optimiser_options = record(b, &recipe.optimiser->kind, options);
    recipe.schedule_options = record(b, &recipe.schedule->kind, schedule_options);
    for (int i = 0; i < STEPS; i++) {
        steps[i].augment = nt_augment_find(names[i][0]);
        steps[i].options = record(b, &steps[i].augment->kind, names[i][1]);
    }
    assert_non_null(mkdtemp(folder));
    train_in(b, folder, &recipe);
    assert_int_equal(rmdir(folder), 0);
}

/* --- evaluation ------------------------------------------------------------------------------- */

static nt_digest *digest_logits(bench *b, nt_pass_options passes) {
    const nt_evaluation evaluation = {.batch = IMAGES / 2, .passes = passes};
    const nt_derive_source source = {b->weights, NULL, b->loader, &evaluation};
    const nt_edits none = {0};
    nt_case_graph alone;
    nt_derived_weights derived;
    nt_evaluator *evaluator;
    unsigned char outcomes[IMAGES];
    float logits[IMAGES * CLASSES];
    double loss = 0;
    char why[NT_WHY];
    must(b, nt_case_graph_init(&alone, b->network, &none, 1, why));
    must(b, nt_derived_weights_init(&derived, &alone, &source, &b->error));
    must(b, nt_evaluator_new(alone.graph, b->weights, derived.weights, b->loader, &evaluation,
                             &evaluator, &b->error));
    must(b, nt_evaluator_run(evaluator, 0, IMAGES, outcomes, &loss, logits, &b->error));
    nt_evaluator_free(evaluator);
    nt_derived_weights_finish(&derived);
    nt_case_graph_finish(&alone);
    nt_digest *digest = nt_digest_new();
    assert_non_null(digest);
    nt_digest_add(digest, logits, sizeof logits);
    return digest;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* A line each: what it is, and its digest. */
static void compute(nt_text *lines) {
    bench b;
    open_bench(&b);
    assert_int_equal(nt_loader_count(b.loader), IMAGES);
    must(&b, nt_weights_init(b.weights, 3));
    add_digest(lines, "initial", digest_weights(b.weights));
    train(&b, "adamw", "weight_decay=0.01", "cosine", "rate=0.001");
    add_digest(lines, "adamw", digest_weights(b.weights));
    train(&b, "sgd", "momentum=0.9 nesterov=true weight_decay=0.0005", "one_cycle", "peak=0.05");
    add_digest(lines, "sgd", digest_weights(b.weights));
    add_digest(lines, "running", digest_logits(&b, (nt_pass_options){.norm = NT_NORM_RUNNING}));
    add_digest(lines, "batch", digest_logits(&b, (nt_pass_options){.norm = NT_NORM_BATCH}));
    add_digest(lines, "recalibrated",
               digest_logits(&b, (nt_pass_options){.norm = NT_NORM_RECALIBRATED}));
    add_digest(lines, "direct", digest_logits(&b, (nt_pass_options){.conv = NT_CONV_DIRECT}));
    close_bench(&b);
}

/* --- what is stored --------------------------------------------------------------------------- */

#define COMMAND "run tests/golden/test_numerics --write fused and --write apart to write new ones"

static const char *const sums[] = {"fused", "apart", NULL};

static nt_bytes read_stored(void) {
    nt_bytes stored = {0};
    nt_error error;
    nt_error_init(&error);
    if (nt_file_read(STORED, 1 << 20, &stored, &error) != NT_OK)
        fail_msg("%s can't be read", STORED);
    nt_error_finish(&error);
    return stored;
}

static int stored_revision(const nt_bytes *stored) {
    int revision = 0;
    sscanf((const char *)stored->bytes, "revision %d", &revision);
    return revision;
}

/* Each line as it stands in the file: after its class. */
static void classify(const nt_text *lines, const char *sum, const char *vectors, nt_text *ret) {
    for (const char *line = lines->bytes; *line; line = strchr(line, '\n') + 1)
        nt_text_printf(ret, "%s-%s %.*s\n", sum, vectors, (int)strcspn(line, "\n"), line);
}

/* Whether one of the classes with these vectors has all the lines. */
static bool is_stored(const nt_bytes *stored, const nt_text *lines, const char *vectors) {
    bool found = false;
    for (int i = 0; sums[i]; i++) {
        nt_text block;
        nt_text_init(&block);
        classify(lines, sums[i], vectors, &block);
        found = found || strstr((const char *)stored->bytes, block.bytes);
        nt_text_finish(&block);
    }
    return found;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void bits_are_those_of_the_revision(void **state) {
    nt_bytes stored = read_stored();
    (void)state;
    if (stored_revision(&stored) != NT_NUMERICS_REVISION)
        fail_msg("numerics.txt is of revision %d, ops/numerics.h of %d: " COMMAND,
                 stored_revision(&stored), NT_NUMERICS_REVISION);
    for (int wide = 0; wide <= (nt_vectors_fused() >= NT_VECTORS_AVX2); wide++) {
        nt_text lines;
        nt_text_init(&lines);
        nt_vectors_limit(wide ? NT_VECTORS_AVX512 : NT_VECTORS_PLAIN);
        compute(&lines);
        nt_vectors_limit(NT_VECTORS_AVX512);
        if (!is_stored(&stored, &lines, wide ? "wide" : "plain"))
            fail_msg("bits changed: raise NT_NUMERICS_REVISION in ops/numerics.h and " COMMAND
                     "; with %s vectors they are\n%s",
                     wide ? "wide" : "plain", lines.bytes);
        nt_text_finish(&lines);
    }
    nt_bytes_finish(&stored);
}

/* AVX-512 changes nothing, nor do the wider loops of vectorise.h. */
static void vectors_that_fuse_are_alike(void **state) {
    nt_text widest, narrow;
    (void)state;
    if (nt_vectors_fused() < NT_VECTORS_AVX2)
        skip();
    nt_text_init(&widest);
    nt_text_init(&narrow);
    compute(&widest);
    nt_vectors_limit(NT_VECTORS_AVX2);
    nt_vectors_allow_wide(false);
    compute(&narrow);
    nt_vectors_limit(NT_VECTORS_AVX512);
    nt_vectors_allow_wide(true);
    assert_string_equal(narrow.bytes, widest.bytes);
    nt_text_finish(&narrow);
    nt_text_finish(&widest);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Adds the lines of a class, unless they are there. Returns what is wrong, or NULL. */
static const char *write_class(nt_text *file, const char *sum, const char *vectors) {
    nt_text lines, block;
    char class[40];
    const char *wrong = NULL;
    nt_text_init(&lines);
    nt_text_init(&block);
    nt_vectors_limit(strcmp(vectors, "wide") == 0 ? NT_VECTORS_AVX512 : NT_VECTORS_PLAIN);
    compute(&lines);
    classify(&lines, sum, vectors, &block);
    snprintf(class, sizeof class, "\n%s-%s ", sum, vectors);
    if (!strstr(file->bytes, class))
        nt_text_add(file, block.bytes);
    else if (!strstr(file->bytes, block.bytes))
        wrong = "bits changed: raise NT_NUMERICS_REVISION in ops/numerics.h first";
    nt_text_finish(&block);
    nt_text_finish(&lines);
    return wrong;
}

/* The classes of the revision that the file has already stay. */
static int write_stored(const char *sum) {
    nt_bytes stored = read_stored();
    nt_text file;
    nt_error error;
    nt_text_init(&file);
    if (stored_revision(&stored) == NT_NUMERICS_REVISION)
        nt_text_add(&file, (const char *)stored.bytes);
    else
        nt_text_printf(&file, "revision %d\n", NT_NUMERICS_REVISION);
    const char *wrong = write_class(&file, sum, "plain");
    nt_vectors_limit(NT_VECTORS_AVX512);
    if (!wrong && nt_vectors_fused() >= NT_VECTORS_AVX2)
        wrong = write_class(&file, sum, "wide");
    nt_error_init(&error);
    if (!wrong && nt_file_replace(STORED, file.bytes, file.length, &error) != NT_OK)
        wrong = "numerics.txt can't be written";
    nt_error_finish(&error);
    nt_text_finish(&file);
    nt_bytes_finish(&stored);
    if (wrong)
        fprintf(stderr, "%s\n", wrong);
    return wrong != NULL;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_the_revision),
        cmocka_unit_test(vectors_that_fuse_are_alike),
    };
    const char *blis = getenv("BLIS_ARCH_TYPE");
    nt_error error;
    nt_error_init(&error);
    nt_status runs = nt_ops_check_kernel(&error);
    nt_error_finish(&error);
    if (blis && strcmp(blis, "3") == 0 && nt_vectors_fused() < NT_VECTORS_AVX2)
        runs = NT_USAGE; /* Haswell's kernel */
    if (runs != NT_OK)
        return 77;
    if (argc == 3 && strcmp(argv[1], "--write") == 0 &&
        (strcmp(argv[2], sums[0]) == 0 || strcmp(argv[2], sums[1]) == 0))
        return write_stored(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
