#include "crop_pad.h"

#include "parallel.h"
#include <string.h>

typedef struct task {
    const nt_crop_pad *crop_pad;
    const float *from;
    float *to;
} task;

/* Job: one row of one sample's inner map. */
static void cut_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_shape *outer = &t->crop_pad->outer, *inner = &t->crop_pad->inner;
    int64_t channels = inner->dim[0], length = inner->dim[2] * channels;
    int64_t row =
        job / inner->dim[1] * (int64_t)outer->dim[1] + t->crop_pad->first[0] + job % inner->dim[1];
    (void)worker;
    memcpy(t->to + job * length, t->from + (row * outer->dim[2] + t->crop_pad->first[1]) * channels,
           (size_t)length * sizeof *t->to);
}

void nt_crop_pad_cut(const nt_crop_pad *crop_pad, int32_t samples, const float *outer,
                     float *inner) {
    nt_parallel(samples * crop_pad->inner.dim[1], cut_job, &(task){crop_pad, outer, inner});
}

/* Job: one row of one sample's outer map. */
static void surround_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_shape *outer = &t->crop_pad->outer, *inner = &t->crop_pad->inner;
    int64_t channels = inner->dim[0], length = inner->dim[2] * channels;
    int64_t all = outer->dim[2] * channels, left = t->crop_pad->first[1] * channels;
    int64_t row = job % outer->dim[1] - t->crop_pad->first[0];
    float *to = t->to + job * all;
    (void)worker;
    if (row < 0 || row >= inner->dim[1]) {
        memset(to, 0, (size_t)all * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)left * sizeof *to);
    memcpy(to + left, t->from + (job / outer->dim[1] * (int64_t)inner->dim[1] + row) * length,
           (size_t)length * sizeof *to);
    memset(to + left + length, 0, (size_t)(all - left - length) * sizeof *to);
}

void nt_crop_pad_surround(const nt_crop_pad *crop_pad, int32_t samples, const float *inner,
                          float *outer) {
    nt_parallel(samples * crop_pad->outer.dim[1], surround_job, &(task){crop_pad, inner, outer});
}
