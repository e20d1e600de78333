/* What `predict` works with: the network made ready, the pictures, and what is said of each.
 * Private to cmd_predict.c, which goes through the pictures, predict_input.c, which reads one, and
 * predict_answer.c, which writes down what the network says of it. */
#ifndef NT_PREDICT_H
#define NT_PREDICT_H

#include "network_file.h"
#include "picture_tree.h"
#include "scheduler.h"
#include "weights.h"
#include <jansson.h>

typedef struct nt_predict_options {
    const char *weights, *map, *extra, *out, *truth, *labels;
    nt_reals mean, deviation;
    int32_t batch, conv, threads;
    bool resize, quiet, verbose, json;
} nt_predict_options;

/* All that one call needs, to be freed whatever happens. */
typedef struct nt_predict_job {
    const nt_predict_options *options;
    nt_arena arena;
    nt_labels labels;
    nt_network *network;
    nt_weights *weights;
    nt_graph *graph;
    nt_plan *plan;
    nt_run *run;
    nt_shape input, output;
    nt_picture_files pictures, truths;
    float *images, *inputs; /* of a batch: as they are, and normalised */
    size_t images_size;
    int32_t *taken; /* numbers of the pictures in the batch */
    int32_t taken_count, failures;
    nt_text csv;
    json_t *answers; /* with --json, in place of rows of CSV; NULL: memory was out */
} nt_predict_job;

/* Whether the network gives a map of logits; otherwise it gives a vector. */
static inline bool nt_predict_makes_masks(const nt_predict_job *job) {
    return job->output.rank == 3;
}

nt_status nt_predict_no_memory(nt_error *error);

/* The form that a picture is read in: the network's size, or its own, which must be as large. */
nt_status nt_predict_form(const nt_predict_job *job, const char *path, nt_picture_form *ret,
                          nt_error *error);

/* Copies the middle of things of `thing` bytes, in the network's size. */
void nt_predict_cut(const nt_predict_job *job, const nt_picture_form *form, const void *from,
                    size_t thing, void *to);

/* Reads a picture's pixels as floats from 0 to 1, in the network's size, and normalises them. */
nt_status nt_predict_read(const nt_predict_job *job, const char *path, float *ret_image,
                          nt_error *error);
void nt_predict_normalise(const nt_predict_job *job, const float *image, float *ret);

/* The first row of the CSV, and that of a picture. */
void nt_predict_add_header(nt_predict_job *job);
void nt_predict_add_classes(nt_predict_job *job, const char *name, const float *logits);

/* Writes mask and overlay of a picture and adds the row; mask and truth are room for one each. */
nt_status nt_predict_write_masks(nt_predict_job *job, const nt_picture_file *picture,
                                 const float *image, const float *logits, unsigned char *mask,
                                 unsigned char *truth, nt_error *error);

#endif
