/* A small residual network, images to train it on, and a recipe. */
#ifndef SUPPORT_TRAIN_H
#define SUPPORT_TRAIN_H

#include "alloc.h"
#include "loader.h"
#include "network_file.h"
#include "recipe.h"
#include "support_data.h"
#include "weights.h"

enum { IMAGE_FLOATS = 20 }; /* 1x4x5, as idx_images makes them */

/* `train` and `test` images. */
void make_images(const char *folder, int train, int test);

#define TINY_HEAD "version: 1\ngraph: tiny\ninput: [1, 4, 5]\nnodes:\n"

#define TINY_TRUNK                                                                                 \
    "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"                         \
    "  bn1:   {op: batch_norm}\n"                                                                  \
    "  relu:  {op: relu}\n"                                                                        \
    "  conv2: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"                                      \
    "  bn2:   {op: batch_norm}\n"                                                                  \
    "  add:   {op: add, from: [bn2, relu]}\n"

#define TINY_TAIL                                                                                  \
    "  pool:  {op: global_avg_pool}\n"                                                             \
    "  fc:    {op: linear, features: 10}\n"

/* With a shortcut, batch normalisation and dropout. */
static const char *const tiny_network =
    TINY_HEAD TINY_TRUNK "  drop:  {op: dropout, probability: 0.3}\n" TINY_TAIL;

typedef struct bench {
    nt_error error;
    nt_arena arena;
    nt_network *network;
    nt_dataset *dataset;
    nt_loader *loader; /* of the training images; NULL without a folder */
    nt_recipe recipe;
} bench;

/* A record of a field table: its defaults and `text`. */
const void *record_of(bench *b, const nt_kind *kind, const char *text);

void set_loss(bench *b, const char *attrs);

void set_optimiser(bench *b, const char *name, const char *options);

void set_schedule(bench *b, const char *name, const char *options);

nt_augment_step augment_step(bench *b, const char *name, const char *options);

/* Opens the images of `folder`, if it is given. */
void open_bench(bench *b, const char *network, const char *folder);

void close_bench(bench *b);

nt_weights *drawn_weights(const nt_network *network, uint64_t seed);

bool same_weights(const nt_weights *a, const nt_weights *b);

#endif
