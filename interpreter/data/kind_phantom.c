/* Cardiac phantoms (phantom.h), made on the fly, so that segmentation can be tried without any
 * download: patients, a few slices of each, at a few inversion times. Every sample follows from the
 * options alone. */
#include "data_kind.h"

#include "hash.h"
#include "phantom.h"

enum { MYOCARDIUM, HEART };

static const char *const targets[] = {"myocardium", "heart", NULL};

typedef struct options {
    int32_t train, test, slices, size, target, seed;
    nt_reals times;
    double noise, motion, pixel;
} options;

static const nt_field fields[] = {
    {"train", NT_INT, offsetof(options, train), "60", 1, 100000, .doc = "patients to train on"},
    {"test", NT_INT, offsetof(options, test), "20", 0, 100000, .doc = "patients to test on"},
    {"slices", NT_INT, offsetof(options, slices), "3", 1, 32,
     .doc = "of each patient, from near the valves to near the apex"},
    {"times", NT_REALS, offsetof(options, times), "[150,500,1000,1700,3000]", 1, 100000,
     .doc = "inversion times in milliseconds, an image each"},
    {"size", NT_INT, offsetof(options, size), "128", 16, 1024, .doc = "rows and columns"},
    {"pixel", NT_REAL, offsetof(options, pixel), "1.3", 0.1, 10, .doc = "millimetres a pixel"},
    {"noise", NT_REAL, offsetof(options, noise), "0.04", 0, 10,
     .doc = "its deviation, where blood gives 1 at most"},
    {"motion", NT_REAL, offsetof(options, motion), "4", 0, 100,
     .doc = "deviation of where the heart lies in each image, in millimetres"},
    {"target", NT_CHOICE, offsetof(options, target), "myocardium", .choices = targets,
     .doc = "the left ventricle's muscle, or that and its blood pool apart"},
    {"seed", NT_INT, offsetof(options, seed), "0", 0, INT32_MAX, .doc = "which patients they are"},
    {0},
};

/* A sample's place: patients, of each its slices, of each the times. */
typedef struct place {
    int32_t patient, slice, time;
} place;

static place place_of(const options *o, nt_split split, int32_t sample) {
    int32_t times = o->times.count, each = o->slices * times;
    return (place){.patient = (split == NT_TEST ? o->train : 0) + sample / each,
                   .slice = sample % each / times,
                   .time = sample % times};
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory making phantoms");
}

static nt_status note_split(const options *o, nt_arena *arena, nt_data_info *info, nt_split split,
                            nt_error *error) {
    int64_t count = (int64_t)(split == NT_TEST ? o->test : o->train) * o->slices * o->times.count;
    if (count > INT32_MAX)
        return nt_error_say(error, NT_INVALID,
                            "so many patients, slices and times make %lld images",
                            (long long)count);
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    int32_t *patients = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    if (!names || !patients)
        return no_memory(error);
    for (int32_t i = 0; i < (int32_t)count; i++) {
        place at = place_of(o, split, i);
        names[i] = nt_arena_printf(arena, "p%04d-s%d-t%d", at.patient, at.slice, at.time);
        patients[i] = at.patient;
        if (!names[i])
            return no_memory(error);
    }
    info->counts[split] = (int32_t)count;
    info->names[split] = names;
    info->patients[split] = patients;
    return NT_OK;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    static const char *const class_names[] = {"background", "myocardium", "blood_pool"};
    const options *o = record;
    if (o->times.count < 1)
        return nt_error_say(error, NT_INVALID, "'times' must have an inversion time at least");
    info->shape = nt_shape_of(3, (const int32_t[]){1, o->size, o->size});
    info->pixel = NT_PIXEL_FLOAT;
    info->target = NT_TARGET_MASK;
    info->classes = o->target == HEART ? 3 : 2;
    info->class_names = class_names;
    info->usual = NT_USUAL_IMAGE;
    NT_TRY(note_split(o, arena, info, NT_TRAIN, error));
    return note_split(o, arena, info, NT_TEST, error);
}

/* --- making ----------------------------------------------------------------------------------- */

/* The papillary muscles belong to the blood pool, as they are usually contoured. */
static unsigned char class_of(const options *o, unsigned char tissue) {
    if (tissue == NT_MYOCARDIUM)
        return 1;
    return o->target == HEART && (tissue == NT_BLOOD_POOL || tissue == NT_PAPILLARY) ? 2 : 0;
}

static nt_status read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    const options *o = record;
    place at = place_of(o, split, i);
    nt_body body;
    nt_random random;
    (void)error;
    uint64_t key = nt_hash_word(nt_hash_string(0, "phantom"), (uint64_t)o->seed);
    nt_random_init(&random, key, nt_hash_word(0, (uint64_t)at.patient));
    nt_body_draw(&body, &random, o->slices > 1 ? (double)at.slice / (o->slices - 1) * 0.9 : 0.3);
    uint64_t image = nt_hash_word(
        nt_hash_word(nt_hash_word(1, (uint64_t)at.patient), (uint64_t)at.slice), (uint64_t)at.time);
    nt_random_init(&random, key, image);
    const nt_phantom_scan scan = {.rows = o->size,
                                  .columns = o->size,
                                  .pixel = o->pixel,
                                  .inversion_time = o->times.items[at.time],
                                  .noise = o->noise,
                                  .down = o->motion * nt_random_normal(&random),
                                  .right = o->motion * nt_random_normal(&random)};
    nt_phantom_render(&body, &scan, &random, ret_pixels, ret_mask);
    for (int64_t p = 0; p < nt_shape_pixels(info->shape); p++)
        ret_mask[p] = class_of(o, ret_mask[p]);
    return NT_OK;
}

const nt_data_kind nt_data_kind_phantom = {
    .kind = {.name = "phantom",
             .doc =
                 "short-axis slices of made-up hearts at several inversion times; needs no files",
             .fields = fields,
             .size = sizeof(options)},
    .made = "version 1",
    .open = open,
    .read = read,
};
