/* A small training on all ranks that a launcher started, in which something goes wrong: what
 * tests/cli/dist_training.py looks at. Not a test by itself.
 *
 *     rank_faults FOLDER none           nothing does
 *     rank_faults FOLDER any            MPI adds up the gradients
 *     rank_faults FOLDER odd RANK       the rank's optimiser miscalculates once, by one bit
 *     rank_faults FOLDER seed RANK      it trains another seed
 *     rank_faults FOLDER mute RANK      it returns with an error before it has begun
 *     rank_faults FOLDER image RANK     its images are not finite
 *     rank_faults FOLDER disk CALL      rank 0's call of the system to write fails, the CALL-th */
#include "dist.h"
#include "file.h"
#include "parallel.h"
#include "signals.h"
#include "support_train.h"
#include "trainer.h"
#include <errno.h>
#include <math.h>
#include <sys/stat.h>

enum { IMAGES = 48 };

static const nt_optimiser *true_optimiser;
static int updates;

/* In the middle of the second epoch one weight is the next float. */
static void miscalculate(const nt_update_call *call) {
    true_optimiser->update(call);
    if (++updates == 40)
        call->weights[0] = nextafterf(call->weights[0], INFINITY);
}

static void note(void *context, const char *line) {
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static void use_odd_optimiser(bench *b) {
    static nt_optimiser odd;
    true_optimiser = b->recipe.optimiser;
    odd = *true_optimiser;
    odd.update = miscalculate;
    b->recipe.optimiser = &odd;
}

static const nt_augment *true_augment;

static void spoil(const nt_augment_call *call) {
    true_augment->apply(call);
    call->ret_image[0] = NAN;
}

/* All ranks flip, as far as their recipes say. */
static void use_augment(bench *b, bool spoilt) {
    static nt_augment flip;
    static nt_augment_step step;
    step = augment_step(b, "flip", "");
    true_augment = step.augment;
    flip = *true_augment;
    flip.apply = spoilt ? spoil : flip.apply;
    step.augment = &flip;
    b->recipe.augment = &step;
    b->recipe.augment_count = 1;
}

static nt_status train(const char *folder, const char *what, int number, bench *b) {
    bool mine = number == nt_dist_rank();
    nt_training training = {.network = b->network,
                            .recipe = &b->recipe,
                            .loader = b->loader,
                            .data_digest = "made",
                            .folder = folder,
                            .progress = &(nt_progress){.note = note},
                            .ranks = nt_dist_size()};
    training.any_order = strcmp(what, "any") == 0;
    if (strcmp(what, "seed") == 0 && mine)
        training.seed = 1;
    if (strcmp(what, "mute") == 0 && mine)
        return nt_error_say(&b->error, NT_FAILED, "this rank has other plans");
    if (strcmp(what, "odd") == 0 && mine)
        use_odd_optimiser(b);
    if (strcmp(what, "disk") == 0 && nt_dist_rank() == 0)
        nt_file_fail_at(number, ENOSPC);
    if (strcmp(what, "image") == 0)
        use_augment(b, mine);
    nt_weights *weights = drawn_weights(b->network, 99);
    nt_status status = nt_train(&training, weights, &b->error);
    nt_weights_free(weights);
    return status;
}

/* As the program's own main does it. */
static int end(bench *b, nt_status status) {
    nt_text text;
    nt_text_init(&text);
    nt_error_format(&b->error, false, &text);
    if (status != NT_OK && nt_dist_rank() == 0)
        fputs(text.bytes, stderr);
    else if (status != NT_OK)
        nt_dist_send(0, NT_DIST_FAILED, text.bytes, text.length);
    nt_text_finish(&text);
    close_bench(b);
    return nt_dist_end(nt_status_exit(status));
}

int main(int argc, char **argv) {
    static bench b;
    char data[PATH_SIZE];
    nt_error error;
    nt_error_init(&error);
    int exit_status;
    if (argc < 3)
        return 2;
    if (nt_dist_guard(&exit_status, &error))
        return nt_dist_guard_end(exit_status);
    if (nt_dist_begin(&error) != NT_OK)
        return 2;
    nt_signals_catch();
    nt_threads_set(1);
    snprintf(data, sizeof data, "%s/data-%d", argv[1], nt_dist_rank());
    mkdir(data, 0777);
    make_images(data, IMAGES, 8);
    open_bench(&b, tiny_network, data);
    b.recipe.shards = 8;
    b.recipe.batch = 16;
    b.recipe.epochs = 3;
    b.recipe.checkpoint_every = 1e-9;
    return end(&b, train(argv[1], argv[2], argc > 3 ? atoi(argv[3]) : -1, &b));
}
