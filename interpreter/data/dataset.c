/* What all kinds have in common: finding the folder, reading the splits, holding out. */
#include "dataset.h"

#include "alloc.h"
#include "file.h"
#include "image_cache.h"
#include "machine.h"
#include "picture.h"
#include "random.h"
#include "visible.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nt_dataset {
    nt_arena arena; /* texts, options and `order`; the data set itself lies in it */
    nt_data_info info;
    const void *options;
    nt_image_cache caches[NT_HELD_OUT]; /* of train and test, filled when they are asked for */
    int64_t memory;                     /* bytes that they may hold together; 0: not said */
    /* NULL, or a permutation of the training images: those to train on, then those held out. */
    int32_t *order;
};

const char *nt_split_name(nt_split split) {
    static const char *const names[NT_SPLITS] = {"train", "test", "held_out"};
    return names[split];
}

/* --- the folder ------------------------------------------------------------------------------- */

/* `root` itself, or the kind's usual folder in it; NULL if there is neither or no memory. */
static const char *look_in(nt_arena *arena, const nt_data_kind *kind, const char *root) {
    if (kind->folder) {
        const char *inner = nt_arena_printf(arena, "%s/%s", root, kind->folder);
        if (inner && nt_folder_exists(inner))
            return inner;
    }
    return nt_folder_exists(root) ? root : NULL;
}

static nt_status find_folder(nt_arena *arena, const nt_data_kind *kind, const char *root,
                             const char *beside, const char **ret, nt_error *error) {
    const char *shared = getenv("NONTRIVIAL_DATA");
    const char *near = NULL, *far = NULL, *found = NULL;
    if (root) {
        nt_status status = nt_path_expand(arena, root, &root);
        if (status == NT_INVALID)
            return nt_error_say(error, status, "%s, which the data's folder names, is not set",
                                root);
        if (status != NT_OK)
            return nt_error_say(error, status, "out of memory opening a data set");
    }
    if (root)
        near = beside ? nt_path_beside(arena, beside, root) : nt_arena_string(arena, root);
    if (shared && (!root || root[0] != '/'))
        far = root ? nt_arena_printf(arena, "%s/%s", shared, root) : nt_arena_string(arena, shared);
    if (near)
        found = look_in(arena, kind, near);
    if (!found && far)
        found = look_in(arena, kind, far);
    if (found) {
        *ret = found;
        return NT_OK;
    }
    if (!near && !far && !root) {
        nt_error_say(error, NT_INVALID, "no folder was given for the data set '%s'",
                     kind->kind.name);
        nt_error_hint(error, "name one, or set NONTRIVIAL_DATA to the folder with the data sets");
        return NT_INVALID;
    }
    nt_error_say(error, NT_INVALID, "no folder %s%s%s", near ? near : "", near && far ? " or " : "",
                 far ? far : "");
    if (!shared)
        nt_error_hint(error, "give its path, or set NONTRIVIAL_DATA to the folder it is in");
    return NT_INVALID;
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status out_of_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory opening a data set");
}

/* A copy of the caller's options, or the defaults. */
static const void *keep_options(nt_arena *arena, const nt_data_kind *kind, const void *options) {
    if (options)
        return nt_kind_copy(&kind->kind, options, arena);
    char why[NT_FIELD_WHY];
    return nt_kind_record(&kind->kind, "", arena, why);
}

/* Class names stand in results and tables, which are UTF-8 and whose lines are lines: better said
 * now than after hours of training. */
static nt_status check_class_names(const nt_data_info *info, nt_error *error) {
    for (int32_t c = 0; info->class_names && c < info->classes; c++) {
        const char *name = info->class_names[c];
        if (nt_visible_is(name, strlen(name)))
            continue;
        nt_error_in(error, NT_INVALID, info->folder, -1, "the class %d is called '%s', %s", c, name,
                    nt_text_is_utf8(name, strlen(name)) ? "with a character that can't be shown"
                                                        : "which is not UTF-8");
        nt_error_hint(error, "give it another name");
        return NT_INVALID;
    }
    return NT_OK;
}

static nt_status open_kind(nt_dataset *dataset, const void *options, const char *root,
                           const char *beside, nt_error *error) {
    const nt_data_kind *kind = dataset->info.kind;
    dataset->options = keep_options(&dataset->arena, kind, options);
    if (!dataset->options)
        return out_of_memory(error);
    dataset->info.folder = kind->kind.name;
    if (!kind->made)
        NT_TRY(find_folder(&dataset->arena, kind, root, beside, &dataset->info.folder, error));
    NT_TRY(kind->open(dataset->options, &dataset->arena, &dataset->info, error));
    return check_class_names(&dataset->info, error);
}

bool nt_dataset_there(const nt_data_kind *kind, const char *root, const char *beside) {
    const char *folder;
    nt_arena arena;
    nt_error unread;
    nt_arena_init(&arena);
    nt_error_init(&unread);
    bool there = kind->made || find_folder(&arena, kind, root, beside, &folder, &unread) == NT_OK;
    nt_error_finish(&unread);
    nt_arena_finish(&arena);
    return there;
}

nt_status nt_dataset_open(const nt_data_kind *kind, const void *options, const char *root,
                          const char *beside, nt_dataset **ret, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_dataset *dataset = NT_ARENA_NEW(&arena, nt_dataset);
    if (!dataset)
        return out_of_memory(error);
    dataset->arena = arena;
    dataset->info.kind = kind;
    nt_status status = open_kind(dataset, options, root, beside, error);
    if (status != NT_OK) {
        nt_dataset_free(dataset);
        return status;
    }
    *ret = dataset;
    return NT_OK;
}

void nt_dataset_free(nt_dataset *dataset) {
    if (!dataset)
        return;
    for (int split = 0; split < NT_HELD_OUT; split++)
        nt_image_cache_finish(&dataset->caches[split]);
    if (dataset->info.kind->close)
        dataset->info.kind->close(&dataset->info);
    nt_arena arena = dataset->arena;
    nt_arena_finish(&arena);
}

const nt_data_info *nt_dataset_info(const nt_dataset *dataset) {
    return &dataset->info;
}

int32_t nt_dataset_count(const nt_dataset *dataset, nt_split split) {
    return dataset->info.counts[split];
}

/* A file's path as seen from the folder. */
static const char *inside(const char *folder, const char *path) {
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0 || path[length] != '/')
        return path;
    return path + length + strspn(path + length, "/");
}

/* Adds the line of file i, unless it is a further page of a file just before: of one of the
 * pictures of the same kind, or, where images and masks take turns, of the next but one. */
static nt_status digest_file(const nt_data_info *info, int32_t i, nt_text *lines, nt_error *error) {
    size_t length, before;
    char of_file[NT_DIGEST_HEX];
    const char *path = info->files[i];
    nt_arena arena;
    if (nt_picture_page(path, &length) == 0) {
        NT_TRY(nt_file_digest(path, of_file, error));
        nt_text_printf(lines, "%s  %s\n", of_file, inside(info->folder, path));
        return NT_OK;
    }
    for (int32_t k = i - 1; k >= 0 && k >= i - 2; k--)
        if (nt_picture_page(info->files[k], &before) > 0 && before == length &&
            strncmp(info->files[k], path, length) == 0)
            return NT_OK;
    nt_arena_init(&arena);
    const char *file = nt_arena_substring(&arena, path, length);
    nt_status status = file ? nt_file_digest(file, of_file, error)
                            : nt_error_say(error, NT_NO_MEMORY, "out of memory hashing a data set");
    if (status == NT_OK)
        nt_text_printf(lines, "%s  %s\n", of_file, inside(info->folder, file));
    nt_arena_finish(&arena);
    return status;
}

nt_status nt_dataset_digest(const nt_dataset *dataset, char hex[NT_DIGEST_HEX], nt_error *error) {
    const nt_data_info *info = &dataset->info;
    nt_text lines;
    nt_text_init(&lines);
    nt_status status = NT_OK;
    if (info->kind->made) {
        nt_text_printf(&lines, "%s %s:", info->kind->kind.name, info->kind->made);
        nt_fields_format(info->kind->kind.fields, dataset->options, &lines);
    }
    for (int32_t i = 0; i < info->file_count && status == NT_OK; i++)
        status = digest_file(info, i, &lines, error);
    if (status == NT_OK && (lines.failed || !nt_digest_bytes(lines.bytes, lines.length, hex)))
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory hashing a data set");
    nt_text_finish(&lines);
    return status;
}

void nt_dataset_describe(const nt_dataset *dataset, nt_text *text) {
    const nt_data_info *info = &dataset->info;
    nt_text_add(text, info->kind->kind.name);
    nt_fields_format_exact(info->kind->kind.fields, dataset->options, text);
    nt_text_printf(text, "\nheld out: %d\n", info->counts[NT_HELD_OUT]);
    if (info->revision)
        nt_text_printf(text, "revision: %s\n", info->revision);
}

/* --- splits ----------------------------------------------------------------------------------- */

/* Splits the numbers 0 … total-1 in two rising runs, the second of `count` numbers. `drawn` has
 * room for `total` marks. */
static void draw(int32_t *order, int32_t total, int32_t count, uint64_t key, bool *drawn) {
    nt_random random;
    nt_random_init(&random, key, NT_STREAM_HOLD_OUT);
    nt_random_choose(&random, total, count, drawn);
    int32_t *stay = order, *held = order + (total - count);
    for (int32_t i = 0; i < total; i++)
        *(drawn[i] ? held++ : stay++) = i;
}

/* The same with whole patients, in an order that `key` shuffles, until `count` is reached.
 * `patient_of` says each image's patient; `places` has room for as many numbers as the greatest
 * patient's, plus one. Returns how many images they have. */
static int32_t draw_patients(int32_t *order, int32_t total, int32_t count, uint64_t key,
                             const int32_t *patient_of, int32_t *places, int32_t patients) {
    nt_random random;
    nt_random_init(&random, key, NT_STREAM_PATIENTS);
    for (int32_t p = 0; p < patients; p++)
        places[p] = p;
    nt_random_shuffle(&random, places, patients);
    int32_t held = 0;
    for (int32_t p = 0; p < patients && held < count; p++) {
        for (int32_t i = 0; i < total; i++)
            if (patient_of[i] == places[p])
                order[held++] = i;
    }
    /* Both parts in rising order: `order` is used as marks, then written anew from the end. */
    for (int32_t p = 0; p < patients; p++)
        places[p] = 0;
    for (int32_t i = 0; i < held; i++)
        places[patient_of[order[i]]] = 1;
    int32_t *stay = order, *out = order + (total - held);
    for (int32_t i = 0; i < total; i++)
        if (places[patient_of[i]])
            *out++ = i;
        else
            *stay++ = i;
    return held;
}

static int32_t greatest(const int32_t *numbers, int32_t count) {
    int32_t most = 0;
    for (int32_t i = 0; i < count; i++)
        most = numbers[i] > most ? numbers[i] : most;
    return most;
}

nt_status nt_dataset_hold_out(nt_dataset *dataset, int32_t count, uint64_t key, nt_error *error) {
    int32_t *counts = dataset->info.counts;
    int32_t total = counts[NT_TRAIN] + counts[NT_HELD_OUT], held = count;
    const int32_t *patients = dataset->info.patients[NT_TRAIN];
    if (count < 0 || count >= total)
        return nt_error_say(error, NT_INVALID, "cannot hold out %d of %d training images", count,
                            total);
    if (!dataset->order)
        dataset->order = NT_ARENA_ARRAY(&dataset->arena, int32_t, total);
    int32_t patient_count = patients ? greatest(patients, total) + 1 : 0;
    int32_t *places = NT_ARENA_ARRAY(&dataset->arena, int32_t, patient_count + 1);
    bool *drawn = NT_ARENA_ARRAY(&dataset->arena, bool, total);
    if (!dataset->order || !places || !drawn)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory holding out images");
    if (patients)
        held = draw_patients(dataset->order, total, count, key, patients, places, patient_count);
    else
        draw(dataset->order, total, count, key, drawn);
    counts[NT_TRAIN] = total - held;
    counts[NT_HELD_OUT] = held;
    if (held < total)
        return NT_OK;
    counts[NT_TRAIN] = total;
    counts[NT_HELD_OUT] = 0;
    dataset->order = NULL;
    return nt_error_say(error, NT_INVALID,
                        "cannot hold out %d of %d training images: patients stay together, and "
                        "none would be left to train on",
                        count, total);
}

/* --- samples ---------------------------------------------------------------------------------- */

void nt_dataset_limit(nt_dataset *dataset, double gigabytes) {
    dataset->memory = (int64_t)ceil(gigabytes * 1e9);
}

static int64_t usual_memory(void) {
    nt_machine machine;
    nt_machine_look(&machine);
    int64_t all = machine.memory;
    if (machine.memory_limit > 0 && (all == 0 || machine.memory_limit < all))
        all = machine.memory_limit;
    return all > 0 ? all / 4 : INT64_MAX;
}

/* The split as the kind knows it: held-out images are training images. */
static nt_data_info info_of_kind(const nt_dataset *dataset) {
    nt_data_info info = dataset->info;
    info.counts[NT_TRAIN] += info.counts[NT_HELD_OUT];
    info.counts[NT_HELD_OUT] = 0;
    return info;
}

/* What may still be held. Where not all of a split can be, a kind that keeps files unpacked gets a
 * quarter of it, once for both splits. */
static int64_t share_memory(nt_dataset *dataset, const nt_image_source *source) {
    int64_t left = dataset->memory - dataset->info.keep;
    for (int s = 0; s < NT_HELD_OUT; s++)
        left -= nt_image_cache_bytes(&dataset->caches[s]);
    left = left > 0 ? left : 0;
    if (dataset->info.keep > 0 || !dataset->info.kind->close ||
        nt_image_source_bytes(source) <= left)
        return left;
    dataset->info.keep = left / 4;
    return left - dataset->info.keep;
}

nt_status nt_dataset_load(nt_dataset *dataset, nt_split split, nt_error *error) {
    nt_split stored = split == NT_HELD_OUT ? NT_TRAIN : split;
    nt_data_info info = info_of_kind(dataset);
    const nt_image_source source = {dataset->options, &info, stored};
    if (dataset->caches[stored].count > 0)
        return NT_OK;
    if (dataset->memory == 0)
        dataset->memory = usual_memory();
    int64_t left = share_memory(dataset, &source);
    info.keep = dataset->info.keep;
    return nt_image_cache_fill(&dataset->caches[stored], &source, left, error);
}

/* The split that the kind knows the sample by, and its number there. */
static nt_split locate(const nt_dataset *dataset, nt_split split, int32_t *i) {
    if (split == NT_TEST)
        return NT_TEST;
    if (dataset->order)
        *i = dataset->order[split == NT_TRAIN ? *i : *i + dataset->info.counts[NT_TRAIN]];
    return NT_TRAIN;
}

nt_status nt_dataset_sample(const nt_dataset *dataset, nt_split split, int32_t i, void *room,
                            nt_sample *ret, nt_error *error) {
    nt_split stored = locate(dataset, split, &i);
    const nt_data_info info = info_of_kind(dataset);
    return nt_image_cache_sample(&dataset->caches[stored],
                                 &(nt_image_source){dataset->options, &info, stored}, i, room, ret,
                                 error);
}

size_t nt_dataset_room(const nt_dataset *dataset, nt_split split) {
    return nt_image_cache_room(&dataset->caches[split == NT_HELD_OUT ? NT_TRAIN : split]);
}

int32_t nt_dataset_label(const nt_dataset *dataset, nt_split split, int32_t i) {
    nt_split stored = locate(dataset, split, &i);
    const int32_t *labels = dataset->info.labels[stored];
    labels = labels ? labels : dataset->caches[stored].held.labels;
    return labels ? labels[i] : 0;
}

nt_status nt_dataset_sample_digest(const nt_dataset *dataset, nt_split split, int32_t i,
                                   char ret[NT_DIGEST_HEX]) {
    const nt_image_cache *cache = &dataset->caches[locate(dataset, split, &i)];
    if (i >= cache->held.count) {
        memcpy(ret, cache->digests[i - cache->held.count], NT_DIGEST_HEX);
        return NT_OK;
    }
    const nt_sample sample = nt_images_sample(&cache->held, i);
    return nt_sample_digest(&sample, dataset->info.shape, dataset->info.pixel, ret);
}

const char *nt_dataset_name(const nt_dataset *dataset, nt_split split, int32_t i) {
    const char *const *names = dataset->info.names[locate(dataset, split, &i)];
    return names ? names[i] : NULL;
}

int32_t nt_dataset_patient(const nt_dataset *dataset, nt_split split, int32_t i) {
    const int32_t *patients = dataset->info.patients[locate(dataset, split, &i)];
    return patients ? patients[i] : -1;
}
