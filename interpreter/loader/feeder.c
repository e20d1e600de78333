/* A ring of batches between the threads that make them and the training loop. Making a part of one
 * needs no state but its epoch and step, so the threads may run ahead, stop and start anywhere, and
 * who makes which part shows nowhere. */
#include "feeder.h"

#include "alloc.h"
#include "hash.h"
#include "parallel.h"
#include <pthread.h>
#include <string.h>

/* Batches that are ready or being made, part by part, `parts` of each:
 *
 *     taken …                          claimed / parts      both only grow; batch number b lies in
 *       | in use | ready | being made | begun |             slot b % SLOTS
 */
enum { SLOTS = 3, PART = 8 /* samples */, MOST_MAKERS = 16 };

typedef struct slot {
    float *images;
    int32_t *targets;
    int32_t made;     /* parts of it that are finished */
    int32_t failed;   /* the first part that failed, or -1; */
    nt_status status; /* how, */
    nt_error error;   /* and with what words */
} slot;

/* What one thread has of its own. */
typedef struct maker {
    nt_feeder *feeder;
    pthread_t thread;
    int32_t *order; /* of `order_epoch` */
    int32_t order_epoch;
    float *scratch;       /* two whole images */
    unsigned char *masks; /* two whole masks */
    void *room;           /* for a sample that isn't held in memory; NULL: all are */
} maker;

struct nt_feeder {
    const nt_loader *loader;
    const nt_augment_step *steps;
    int32_t step_count, batch, per_epoch;
    int32_t kept_first, kept, parts; /* samples of a batch that are made, in so many parts */
    uint64_t seed;
    nt_shape whole;                /* of an image before its window is cut */
    size_t whole_size, image_size; /* floats */
    size_t mask_size, target_size; /* bytes of a whole mask, or 0; integers of a target */
    size_t room_size;

    maker makers[MOST_MAKERS];
    int maker_count, running; /* `running`: threads */
    slot slots[SLOTS];
    int64_t start;          /* the batch number, counted over epochs, of `taken` 0 */
    int64_t taken, claimed; /* batches handed out; parts that a thread has begun */
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* --- making one batch ------------------------------------------------------------------------- */

static void shuffle(maker *m, int32_t epoch) {
    const nt_feeder *feeder = m->feeder;
    int32_t count = nt_loader_count(feeder->loader), *order = m->order;
    nt_random random;
    if (m->order_epoch == epoch)
        return;
    nt_random_init(&random, feeder->seed,
                   nt_hash_word(nt_hash_string(0, NT_STREAM_ORDER), (uint64_t)epoch));
    for (int32_t i = 0; i < count; i++)
        order[i] = i;
    nt_random_shuffle(&random, order, count);
    m->order_epoch = epoch;
}

static nt_status make_sample(maker *m, int32_t epoch, int32_t number, float *ret_image,
                             int32_t *ret_target, nt_error *error) {
    const nt_feeder *feeder = m->feeder;
    const nt_loader *loader = feeder->loader;
    float *from = m->scratch, *to = m->scratch + feeder->whole_size;
    nt_sample sample;
    nt_random random;
    uint64_t stream = nt_hash_word(nt_hash_string(0, NT_STREAM_AUGMENT), (uint64_t)epoch);
    nt_random_init(&random, feeder->seed, nt_hash_word(stream, (uint64_t)number));
    NT_TRY(nt_loader_raw(loader, number, m->room, from, &sample, error));
    const unsigned char *mask = sample.mask;
    unsigned char *free_mask = m->masks;
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
            free_mask = mask == m->masks ? m->masks + feeder->mask_size : m->masks;
        }
    }
    nt_loader_cut(loader, from, ret_image);
    if (mask)
        nt_loader_cut_mask(loader, mask, ret_target);
    else
        *ret_target = sample.label;
    return NT_OK;
}

/* The samples of one part of a batch, until one fails. */
static nt_status make_part(maker *m, int64_t number, int32_t part, float *images, int32_t *targets,
                           nt_error *error) {
    const nt_feeder *feeder = m->feeder;
    int32_t epoch = (int32_t)(number / feeder->per_epoch);
    int64_t first = number % feeder->per_epoch * feeder->batch + feeder->kept_first;
    shuffle(m, epoch);
    for (int32_t i = part * PART; i < feeder->kept && i < (part + 1) * PART; i++)
        NT_TRY(make_sample(m, epoch, m->order[first + i], images + (size_t)i * feeder->image_size,
                           targets + (size_t)i * feeder->target_size, error));
    return NT_OK;
}

nt_status nt_feeder_make(nt_feeder *feeder, int32_t epoch, int32_t step, float *ret_images,
                         int32_t *ret_targets, nt_error *error) {
    for (int32_t part = 0; part < feeder->parts; part++)
        NT_TRY(make_part(&feeder->makers[0], (int64_t)epoch * feeder->per_epoch + step, part,
                         ret_images, ret_targets, error));
    return NT_OK;
}

/* --- the threads ------------------------------------------------------------------------------ */

/* What became of a part. Of several that fail the first is kept, whoever is first to fail. */
static void note_part(slot *s, int32_t part, nt_status status, nt_error *error) {
    s->made++;
    if (status == NT_OK || (s->failed >= 0 && s->failed < part)) {
        nt_error_finish(error);
        return;
    }
    if (s->failed >= 0)
        nt_error_finish(&s->error);
    s->failed = part;
    s->status = status;
    nt_error_init(&s->error);
    nt_error_move(&s->error, error);
}

static void *make_batches(void *context) {
    maker *m = context;
    nt_feeder *feeder = m->feeder;
    pthread_mutex_lock(&feeder->lock);
    while (!feeder->stop) {
        int64_t batch = feeder->claimed / feeder->parts;
        if (batch >= feeder->taken + SLOTS - 1) { /* the slot in use stays untouched */
            pthread_cond_wait(&feeder->changed, &feeder->lock);
            continue;
        }
        int32_t part = (int32_t)(feeder->claimed++ % feeder->parts);
        slot *s = &feeder->slots[batch % SLOTS];
        pthread_mutex_unlock(&feeder->lock);
        nt_error error;
        nt_error_init(&error);
        nt_status status = make_part(m, feeder->start + batch, part, s->images, s->targets, &error);
        pthread_mutex_lock(&feeder->lock);
        note_part(s, part, status, &error);
        if (s->made == feeder->parts)
            pthread_cond_broadcast(&feeder->changed);
    }
    pthread_mutex_unlock(&feeder->lock);
    return NULL;
}

static void clear(slot *s) {
    if (s->failed >= 0)
        nt_error_finish(&s->error);
    s->made = 0;
    s->failed = -1;
}

static void halt(nt_feeder *feeder) {
    pthread_mutex_lock(&feeder->lock);
    feeder->stop = true;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->lock);
    while (feeder->running > 0)
        pthread_join(feeder->makers[--feeder->running].thread, NULL);
    feeder->stop = false;
    for (int i = 0; i < SLOTS; i++)
        clear(&feeder->slots[i]);
}

nt_status nt_feeder_seek(nt_feeder *feeder, int32_t epoch, int32_t step, nt_error *error) {
    halt(feeder);
    feeder->start = (int64_t)epoch * feeder->per_epoch + step;
    feeder->taken = feeder->claimed = 0;
    while (feeder->running < feeder->maker_count) {
        maker *m = &feeder->makers[feeder->running];
        if (pthread_create(&m->thread, NULL, make_batches, m) != 0)
            break;
        feeder->running++;
    }
    if (feeder->running > 0)
        return NT_OK;
    return nt_error_say(error, NT_FAILED, "cannot start the threads that prepare batches");
}

nt_status nt_feeder_next(nt_feeder *feeder, const float **ret_images, const int32_t **ret_targets,
                         nt_error *error) {
    pthread_mutex_lock(&feeder->lock);
    if (feeder->taken > 0) /* what was in use until now can be made anew */
        clear(&feeder->slots[(feeder->taken - 1) % SLOTS]);
    slot *s = &feeder->slots[feeder->taken % SLOTS];
    while (s->made < feeder->parts)
        pthread_cond_wait(&feeder->changed, &feeder->lock);
    feeder->taken++;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->lock);
    if (s->failed >= 0) {
        nt_error_move(error, &s->error);
        nt_error_init(&s->error);
        return s->status;
    }
    *ret_images = s->images;
    *ret_targets = s->targets;
    return NT_OK;
}

/* --- making and freeing ----------------------------------------------------------------------- */

static bool init_makers(nt_feeder *feeder) {
    size_t count = (size_t)nt_loader_count(feeder->loader);
    int threads = nt_threads();
    feeder->maker_count = threads < MOST_MAKERS ? threads : MOST_MAKERS;
    for (int i = 0; i < feeder->maker_count; i++) {
        maker *m = &feeder->makers[i];
        m->feeder = feeder;
        m->order_epoch = -1;
        m->order = nt_alloc(count * sizeof *m->order);
        m->scratch = nt_alloc(2 * feeder->whole_size * sizeof *m->scratch);
        m->masks = nt_alloc(2 * feeder->mask_size);
        m->room = feeder->room_size ? nt_alloc(feeder->room_size) : NULL;
        if (!m->order || !m->scratch || !m->masks || (feeder->room_size && !m->room))
            return false;
    }
    return true;
}

static void finish_maker(maker *m) {
    const nt_feeder *feeder = m->feeder;
    if (!feeder) /* there was no memory for the one before */
        return;
    nt_free(m->order, (size_t)nt_loader_count(feeder->loader) * sizeof *m->order);
    nt_free(m->scratch, 2 * feeder->whole_size * sizeof *m->scratch);
    nt_free(m->masks, 2 * feeder->mask_size);
    nt_free(m->room, feeder->room_size);
}

static bool init_slots(nt_feeder *feeder) {
    bool ok = true;
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &feeder->slots[i];
        s->failed = -1;
        s->images = nt_alloc((size_t)feeder->batch * feeder->image_size * sizeof *s->images);
        s->targets = nt_alloc((size_t)feeder->batch * feeder->target_size * sizeof *s->targets);
        ok = ok && s->images && s->targets;
    }
    return ok;
}

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
    bool masks = nt_dataset_info(nt_loader_dataset(loader))->target == NT_TARGET_MASK;
    feeder->loader = loader;
    feeder->steps = steps;
    feeder->step_count = step_count;
    feeder->batch = batch;
    nt_feeder_keep(feeder, 0, batch);
    feeder->per_epoch = count / batch;
    feeder->seed = seed;
    feeder->whole = nt_loader_whole(loader);
    feeder->whole_size = (size_t)nt_shape_elements(feeder->whole);
    feeder->image_size = (size_t)nt_shape_elements(nt_loader_shape(loader));
    feeder->mask_size = masks ? (size_t)nt_shape_pixels(feeder->whole) : 0;
    feeder->target_size = (size_t)nt_loader_target_size(loader);
    feeder->room_size = nt_loader_room(loader);
    pthread_mutex_init(&feeder->lock, NULL);
    pthread_cond_init(&feeder->changed, NULL);
    bool ok = init_slots(feeder);
    if (!init_makers(feeder) || !ok) {
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
    for (int i = 0; i < MOST_MAKERS; i++)
        finish_maker(&feeder->makers[i]);
    for (int i = 0; i < SLOTS; i++) {
        const slot *s = &feeder->slots[i];
        nt_free(s->images, (size_t)feeder->batch * feeder->image_size * sizeof *s->images);
        nt_free(s->targets, (size_t)feeder->batch * feeder->target_size * sizeof *s->targets);
    }
    nt_free(feeder, sizeof *feeder);
}

void nt_feeder_keep(nt_feeder *feeder, int32_t first, int32_t count) {
    feeder->kept_first = first;
    feeder->kept = count;
    feeder->parts = (count + PART - 1) / PART;
}

int32_t nt_feeder_steps(const nt_feeder *feeder) {
    return feeder->per_epoch;
}
