#include "data_checks.h"

#include "dataset.h"
#include "scratch.h"
#include "target.h"
#include <math.h>

enum { MOST_SAMPLES = 50 }; /* of those that are looked at one by one */

static void check_sample(const nt_dataset *set, nt_split split, int32_t i, void *room) {
    const nt_data_info *info = nt_dataset_info(set);
    nt_sample sample;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_dataset_sample(set, split, i, room, &sample, &error);
    check_outcome(status, &error);
    assert(status == NT_OK && sample.pixels);
    assert(sample.label >= 0 && sample.label < info->classes);
    const unsigned char *bytes = sample.pixels;
    unsigned sum = 0;
    for (size_t k = 0; k < (size_t)nt_shape_elements(info->shape) * nt_pixel_size(info->pixel); k++)
        sum += bytes[k];
    for (int64_t k = 0; sample.mask && k < nt_shape_pixels(info->shape); k++)
        assert(sample.mask[k] < info->classes || sample.mask[k] == 255);
    (void)*(volatile unsigned *)&sum;
    nt_error_finish(&error);
}

static int check_split(nt_dataset *set, nt_split split) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_dataset_load(set, split, &error);
    check_outcome(status, &error);
    nt_error_finish(&error);
    if (status != NT_OK)
        return 0;
    size_t room_size = nt_dataset_room(set, split);
    void *room = nt_alloc(room_size);
    for (int32_t i = 0; i < nt_dataset_count(set, split) && i < MOST_SAMPLES; i++)
        check_sample(set, split, i, room);
    nt_free(room, room_size);
    return 1;
}

static void check_info(const nt_data_info *info) {
    assert(info->shape.rank == 3 && info->classes > 0 && info->class_names);
    assert(nt_shape_elements(info->shape) > 0 && info->shape.dim[0] <= NT_MAX_CHANNELS);
    for (int32_t i = 0; i < info->classes; i++)
        assert(info->class_names[i]);
    for (int c = 0; info->usual == NT_USUAL_CHANNELS && c < info->shape.dim[0]; c++)
        assert(isfinite(info->mean[c]) && info->deviation[c] > 0);
}

int check_data(const char *kind_name, const char *options) {
    const nt_data_kind *kind = nt_data_find(kind_name);
    size_t before = nt_alloc_in_use();
    char why[NT_FIELD_WHY];
    nt_arena arena;
    nt_error error;
    nt_dataset *set;
    nt_arena_init(&arena);
    nt_error_init(&error);
    const void *record = nt_kind_record(&kind->kind, options, &arena, why);
    assert(record);
    nt_status status = nt_dataset_open(kind, record, scratch_folder(), NULL, &set, &error);
    check_outcome(status, &error);
    int good = status == NT_OK;
    if (good) {
        check_info(nt_dataset_info(set));
        for (int split = 0; split < NT_HELD_OUT; split++)
            if (nt_dataset_count(set, (nt_split)split) > 0)
                good &= check_split(set, (nt_split)split);
        nt_dataset_free(set);
    }
    nt_error_finish(&error);
    nt_arena_finish(&arena);
    assert(nt_alloc_in_use() == before);
    return good;
}
