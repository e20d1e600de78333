/* A ring of batches between the thread that makes them and the training loop. Making one needs no
 * state but its epoch and step, so the thread may run ahead, stop and start anywhere. */
#include "feeder.h"

#include "alloc.h"
#include "hash.h"
#include <pthread.h>
#include <string.h>

/* Batches that are ready or being made:
 *
 *     taken ……………… made           both only grow; batch number b lies in slot b % SLOTS
 *       | in use | ready | ready | being made |
 */
enum { SLOTS = 3 };

struct nt_feeder {
    const nt_loader *loader;
    const nt_augment_step *steps;
    int32_t step_count, batch, per_epoch;
    uint64_t seed;
    nt_shape whole;                /* of an image before its window is cut */
    size_t whole_size, image_size; /* floats */
    size_t mask_size, target_size; /* bytes of a whole mask, or 0; integers of a target */

    int32_t *order; /* of `order_epoch` */
    int32_t order_epoch;
    float *scratch;       /* two whole images */
    unsigned char *masks; /* two whole masks */

    float *images[SLOTS];
    int32_t *targets[SLOTS];
    int64_t start;       /* the batch number, counted over epochs, of `taken` 0 */
    int64_t taken, made; /* batches handed out; batches finished */
    bool running, stop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* --- making one batch ------------------------------------------------------------------------- */

static void shuffle(nt_feeder *feeder, int32_t epoch) {
    int32_t count = nt_loader_count(feeder->loader), *order = feeder->order;
    nt_random random;
    if (feeder->order_epoch == epoch)
        return;
    nt_random_init(&random, feeder->seed,
                   nt_hash_word(nt_hash_string(0, NT_STREAM_ORDER), (uint64_t)epoch));
    for (int32_t i = 0; i < count; i++)
        order[i] = i;
    nt_random_shuffle(&random, order, count);
    feeder->order_epoch = epoch;
}

static void make_sample(nt_feeder *feeder, int32_t epoch, int32_t sample, float *ret_image,
                        int32_t *ret_target) {
    const nt_loader *loader = feeder->loader;
    const unsigned char *mask = nt_loader_mask(loader, sample);
    float *from = feeder->scratch, *to = feeder->scratch + feeder->whole_size;
    unsigned char *free_mask = feeder->masks;
    nt_random random;
    uint64_t stream = nt_hash_word(nt_hash_string(0, NT_STREAM_AUGMENT), (uint64_t)epoch);
    nt_random_init(&random, feeder->seed, nt_hash_word(stream, (uint64_t)sample));
    nt_loader_raw(loader, sample, from);
    nt_shape window = nt_loader_shape(loader);
    for (int32_t s = 0; s < feeder->step_count; s++) {
        feeder->steps[s].augment->apply(&(nt_augment_call){
            .options = feeder->steps[s].options,
            .random = &random,
            .shape = feeder->whole,
            .window = {window.dim[1], window.dim[2]},
            .image = from,
            .ret_image = to,
            .mask = mask,
            .ret_mask = free_mask,
        });
        float *done = to;
        to = from;
        from = done;
        if (mask) {
            mask = free_mask;
            free_mask = mask == feeder->masks ? feeder->masks + feeder->mask_size : feeder->masks;
        }
    }
    nt_loader_cut(loader, from, ret_image);
    if (mask)
        nt_loader_cut_mask(loader, mask, ret_target);
    else
        *ret_target = nt_loader_label(loader, sample);
}

void nt_feeder_make(nt_feeder *feeder, int32_t epoch, int32_t step, float *ret_images,
                    int32_t *ret_targets) {
    shuffle(feeder, epoch);
    for (int32_t i = 0; i < feeder->batch; i++) {
        int32_t sample = feeder->order[(int64_t)step * feeder->batch + i];
        make_sample(feeder, epoch, sample, ret_images + (size_t)i * feeder->image_size,
                    ret_targets + (size_t)i * feeder->target_size);
    }
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *make_batches(void *context) {
    nt_feeder *feeder = context;
    pthread_mutex_lock(&feeder->lock);
    while (!feeder->stop) {
        if (feeder->made >= feeder->taken + SLOTS - 1) { /* the slot in use stays untouched */
            pthread_cond_wait(&feeder->changed, &feeder->lock);
            continue;
        }
        int64_t number = feeder->start + feeder->made, slot = feeder->made % SLOTS;
        pthread_mutex_unlock(&feeder->lock);
        nt_feeder_make(feeder, (int32_t)(number / feeder->per_epoch),
                       (int32_t)(number % feeder->per_epoch), feeder->images[slot],
                       feeder->targets[slot]);
        pthread_mutex_lock(&feeder->lock);
        feeder->made++;
        pthread_cond_broadcast(&feeder->changed);
    }
    pthread_mutex_unlock(&feeder->lock);
    return NULL;
}

static void halt(nt_feeder *feeder) {
    if (!feeder->running)
        return;
    pthread_mutex_lock(&feeder->lock);
    feeder->stop = true;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->lock);
    pthread_join(feeder->thread, NULL);
    feeder->running = feeder->stop = false;
}

nt_status nt_feeder_seek(nt_feeder *feeder, int32_t epoch, int32_t step, nt_error *error) {
    halt(feeder);
    feeder->start = (int64_t)epoch * feeder->per_epoch + step;
    feeder->taken = feeder->made = 0;
    if (pthread_create(&feeder->thread, NULL, make_batches, feeder) != 0)
        return nt_error_say(error, NT_FAILED, "cannot start the thread that prepares batches");
    feeder->running = true;
    return NT_OK;
}

void nt_feeder_next(nt_feeder *feeder, const float **ret_images, const int32_t **ret_targets) {
    pthread_mutex_lock(&feeder->lock);
    while (feeder->made <= feeder->taken)
        pthread_cond_wait(&feeder->changed, &feeder->lock);
    int64_t slot = feeder->taken++ % SLOTS;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->lock);
    *ret_images = feeder->images[slot];
    *ret_targets = feeder->targets[slot];
}

/* --- making and freeing ----------------------------------------------------------------------- */

nt_status nt_feeder_new(const nt_loader *loader, const nt_augment_step *steps, int32_t step_count,
                        int32_t batch, uint64_t seed, nt_feeder **ret, nt_error *error) {
    int32_t count = nt_loader_count(loader);
    if (batch > count)
        return nt_error_say(
            error, NT_INVALID,
            "a batch of %d is larger than the data, which have %d images to train on", batch,
            count);
    nt_feeder *feeder = nt_alloc_zero(sizeof *feeder);
    if (!feeder)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory preparing batches");
    feeder->loader = loader;
    feeder->steps = steps;
    feeder->step_count = step_count;
    feeder->batch = batch;
    feeder->per_epoch = count / batch;
    feeder->seed = seed;
    feeder->whole = nt_loader_whole(loader);
    feeder->whole_size = (size_t)nt_shape_elements(feeder->whole);
    feeder->image_size = (size_t)nt_shape_elements(nt_loader_shape(loader));
    feeder->mask_size = nt_loader_mask(loader, 0) ? (size_t)nt_shape_pixels(feeder->whole) : 0;
    feeder->target_size = (size_t)nt_loader_target_size(loader);
    feeder->order_epoch = -1;
    pthread_mutex_init(&feeder->lock, NULL);
    pthread_cond_init(&feeder->changed, NULL);
    feeder->order = nt_alloc((size_t)count * sizeof *feeder->order);
    feeder->scratch = nt_alloc(2 * feeder->whole_size * sizeof *feeder->scratch);
    feeder->masks = nt_alloc(2 * feeder->mask_size);
    bool ok = feeder->order && feeder->scratch && feeder->masks;
    for (int i = 0; i < SLOTS; i++) {
        feeder->images[i] = nt_alloc((size_t)batch * feeder->image_size * sizeof(float));
        feeder->targets[i] = nt_alloc((size_t)batch * feeder->target_size * sizeof(int32_t));
        ok = ok && feeder->images[i] && feeder->targets[i];
    }
    if (!ok) {
        nt_feeder_free(feeder);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for batches of %d", batch);
    }
    *ret = feeder;
    return NT_OK;
}

void nt_feeder_free(nt_feeder *feeder) {
    if (!feeder)
        return;
    halt(feeder);
    pthread_mutex_destroy(&feeder->lock);
    pthread_cond_destroy(&feeder->changed);
    nt_free(feeder->order, (size_t)nt_loader_count(feeder->loader) * sizeof *feeder->order);
    nt_free(feeder->scratch, 2 * feeder->whole_size * sizeof *feeder->scratch);
    nt_free(feeder->masks, 2 * feeder->mask_size);
    for (int i = 0; i < SLOTS; i++) {
        nt_free(feeder->images[i], (size_t)feeder->batch * feeder->image_size * sizeof(float));
        nt_free(feeder->targets[i], (size_t)feeder->batch * feeder->target_size * sizeof(int32_t));
    }
    nt_free(feeder, sizeof *feeder);
}

int32_t nt_feeder_steps(const nt_feeder *feeder) {
    return feeder->per_epoch;
}
