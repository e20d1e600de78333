/* The native T1 data of the study (t1_file.h): the myocardium, on an image for each patient, slice
 * and inversion time. Patients are drawn for the test split and never parted. */
#include "data_kind.h"

#include "alloc.h"
#include "random.h"
#include "t1_file.h"

typedef struct options {
    const char *file;
    double test_share;
    int32_t split_seed, size[2];
    nt_ints times;
} options;

static const nt_field fields[] = {
    {"file", NT_STRING, offsetof(options, file), "T1Dataset210.mat",
     .doc = "its name in the folder"},
    {"test_share", NT_REAL, offsetof(options, test_share), "0.2", 0, 1,
     .doc = "share of the patients that is drawn for the test split"},
    {"split_seed", NT_INT, offsetof(options, split_seed), "0", 0, INT32_MAX,
     .doc = "which draw it is"},
    {"size", NT_PAIR, offsetof(options, size), "0", 0, 4096,
     .doc = "rows and columns that images are cut or filled up to about their middle; 0: what "
            "most have"},
    {"times", NT_INTS, offsetof(options, times), "[]", 1, 4096,
     .doc = "which inversion times, from 1; none: all"},
    {0},
};

/* One image. */
typedef struct sample {
    int32_t patient, time, slice;
} sample;

typedef struct listing {
    sample *items;
    size_t count, capacity;
} listing;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading T1 data");
}

/* --- splits ----------------------------------------------------------------------------------- */

static void draw(const options *o, int32_t patients, bool *ret_test) {
    nt_random random;
    nt_random_init(&random, (uint64_t)o->split_seed, NT_STREAM_SPLIT);
    nt_random_choose(&random, patients, (int32_t)(o->test_share * patients + 0.5), ret_test);
}

static bool wanted(const options *o, int32_t time) {
    for (int32_t i = 0; i < o->times.count; i++)
        if (o->times.items[i] == time + 1)
            return true;
    return o->times.count == 0;
}

static nt_status list_patient(const options *o, nt_t1_file *file, int32_t patient, listing *list,
                              nt_error *error) {
    nt_t1_size size = nt_t1_size_of(file, patient);
    NT_TRY(nt_t1_read_contours(file, patient, error));
    for (int32_t s = 0; s < size.slices; s++)
        for (int32_t t = 0; t < size.times; t++) {
            if (!wanted(o, t) || !nt_t1_has_contours(file, t, s))
                continue;
            if (!nt_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
                return no_memory(error);
            list->items[list->count++] = (sample){patient, t, s};
        }
    return NT_OK;
}

/* The images of one split that have both contours, in the order of patients, slices and times. */
static nt_status list_split(const options *o, nt_t1_file *file, nt_split split, listing *list,
                            nt_error *error) {
    int32_t patients = nt_t1_patients(file);
    bool *test = nt_alloc_zero((size_t)patients);
    nt_status status = test ? NT_OK : no_memory(error);
    if (status == NT_OK)
        draw(o, patients, test);
    for (int32_t p = 0; status == NT_OK && p < patients; p++)
        if (test[p] == (split == NT_TEST))
            status = list_patient(o, file, p, list, error);
    nt_free(test, (size_t)patients);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

static void find_size(const options *o, const nt_t1_file *file, int32_t ret[2]) {
    int32_t patients = nt_t1_patients(file), most = 0;
    for (int32_t p = 0; p < patients; p++) {
        nt_t1_size size = nt_t1_size_of(file, p);
        int32_t alike = 0;
        for (int32_t q = 0; q < patients; q++) {
            nt_t1_size other = nt_t1_size_of(file, q);
            alike += other.rows == size.rows && other.columns == size.columns;
        }
        if (alike > most) {
            most = alike;
            ret[0] = size.rows;
            ret[1] = size.columns;
        }
    }
    for (int d = 0; d < 2; d++)
        if (o->size[d] > 0)
            ret[d] = o->size[d];
}

/* Images that are filled up to a size which most have must not be a thousand times what there is.
 */
static nt_status check_filled(const options *o, const nt_t1_file *file, const nt_data_info *info,
                              const int32_t size[2], nt_error *error) {
    enum { LARGER = 8, PIXEL = sizeof(float) + 1 };
    int64_t images = (int64_t)info->counts[NT_TRAIN] + info->counts[NT_TEST];
    int64_t bytes = images * size[0] * size[1]; /* at most 2^31 * 2^24 */
    if ((o->size[0] > 0 && o->size[1] > 0) || bytes / LARGER * PIXEL <= nt_t1_most_bytes(file))
        return NT_OK;
    nt_error_in(error, NT_INVALID, info->files[0], -1,
                "has %lld images, which would be filled up to %d x %d pixels each",
                (long long)images, size[0], size[1]);
    nt_error_hint(error, "choose a smaller 'size'");
    return NT_INVALID;
}

static nt_status note_split(nt_data_info *info, nt_arena *arena, nt_split split,
                            const listing *list, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, list->count + 1);
    int32_t *patients = NT_ARENA_ARRAY(arena, int32_t, list->count + 1);
    if (!names || !patients)
        return no_memory(error);
    for (size_t i = 0; i < list->count; i++) {
        sample at = list->items[i];
        names[i] =
            nt_arena_printf(arena, "p%03d-s%d-t%02d", at.patient + 1, at.slice + 1, at.time + 1);
        patients[i] = at.patient;
        if (!names[i])
            return no_memory(error);
    }
    info->counts[split] = (int32_t)list->count;
    info->names[split] = names;
    info->patients[split] = patients;
    return NT_OK;
}

static nt_status look(const options *o, nt_t1_file *file, nt_arena *arena, nt_data_info *info,
                      nt_error *error) {
    int32_t size[2] = {0, 0};
    nt_status status = NT_OK;
    for (int split = 0; status == NT_OK && split < NT_HELD_OUT; split++) {
        listing list = {0};
        status = list_split(o, file, (nt_split)split, &list, error);
        if (status == NT_OK)
            status = note_split(info, arena, (nt_split)split, &list, error);
        nt_free(list.items, list.capacity * sizeof *list.items);
    }
    NT_TRY(status);
    if (info->counts[NT_TRAIN] + info->counts[NT_TEST] == 0)
        return nt_error_in(error, NT_INVALID, info->files[0], -1,
                           "has no image with both contours at these times");
    find_size(o, file, size);
    NT_TRY(check_filled(o, file, info, size, error));
    info->shape = nt_shape_of(3, (const int32_t[]){1, size[0], size[1]});
    return NT_OK;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    static const char *const class_names[] = {"background", "myocardium"};
    const options *o = record;
    nt_t1_file *file;
    const char *path = nt_arena_printf(arena, "%s/%s", info->folder, o->file);
    if (!path || !nt_data_add_file(info, arena, path))
        return no_memory(error);
    NT_TRY(nt_t1_open(path, &file, error));
    nt_status status = look(o, file, arena, info, error);
    nt_t1_close(file);
    info->pixel = NT_PIXEL_FLOAT;
    info->target = NT_TARGET_MASK;
    info->classes = 2;
    info->class_names = class_names;
    info->usual = NT_USUAL_IMAGE;
    return status;
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Patient by patient, as they come. HDF5 works for one thread at a time. */
static nt_status fill(nt_t1_file *file, const nt_data_info *info, const listing *list,
                      nt_images *images, nt_error *error) {
    int32_t rows = info->shape.dim[1], columns = info->shape.dim[2], read = -1;
    for (size_t i = 0; i < list->count; i++) {
        sample at = list->items[i];
        if (at.patient != read) {
            NT_TRY(nt_t1_read_contours(file, at.patient, error));
            NT_TRY(nt_t1_read_images(file, at.patient, error));
            read = at.patient;
        }
        nt_t1_image(file, at.time, at.slice, rows, columns,
                    (float *)(void *)(images->pixels + i * images->size));
        nt_t1_mask(file, at.time, at.slice, rows, columns, images->masks + i * images->mask_size);
    }
    return NT_OK;
}

static nt_status load(const void *record, const nt_data_info *info, nt_split split, nt_images *ret,
                      nt_error *error) {
    size_t pixels = (size_t)nt_shape_pixels(info->shape);
    listing list = {0};
    nt_t1_file *file;
    nt_images images;
    if (nt_images_init(&images, info->counts[split], pixels * sizeof(float), pixels) != NT_OK)
        return no_memory(error);
    nt_status status = nt_t1_open(info->files[0], &file, error);
    if (status == NT_OK) {
        status = list_split(record, file, split, &list, error);
        if (status == NT_OK && list.count != (size_t)images.count)
            status =
                nt_error_in(error, NT_INVALID, info->files[0], -1, "changed while it was read");
        if (status == NT_OK)
            status = fill(file, info, &list, &images, error);
        nt_free(list.items, list.capacity * sizeof *list.items);
        nt_t1_close(file);
    }
    if (status == NT_OK)
        *ret = images;
    else
        nt_images_finish(&images);
    return status;
}

static const nt_data_source source = {
    .advice = "it is on Harvard Dataverse: look for 'T1Dataset210.mat', Fahmy et al. 2019"};

const nt_data_kind nt_data_kind_t1 = {
    .kind = {.name = "t1",
             .doc =
                 "the study's native T1 data: myocardium at several inversion times (MATLAB v7.3)",
             .fields = fields,
             .size = sizeof(options)},
    .source = &source,
    .open = open,
    .load = load,
};
