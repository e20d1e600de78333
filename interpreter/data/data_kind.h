/* What a kind of data set is: a file format with its folder's layout, or a way to make images. One
 * file, kind_NAME.c, holds all that is known of it and exports one `const nt_data_kind
 * nt_data_kind_NAME`; data/meson.build lists the names, and the table of kinds is generated from
 * that list. */
#ifndef NT_DATA_KIND_H
#define NT_DATA_KIND_H

#include "images.h"
#include "kind.h"

typedef enum nt_split {
    NT_TRAIN,
    NT_TEST,
    NT_HELD_OUT /* of the training images: see nt_dataset_hold_out */
} nt_split;

enum { NT_SPLITS = 3, NT_MAX_CHANNELS = 16 };

const char *nt_split_name(nt_split split); /* "train", "test", "held_out" */

/* What a sample is to be mapped to. */
typedef enum nt_target {
    NT_TARGET_CLASS, /* one class index, from 0 */
    NT_TARGET_MASK   /* one for each pixel; NT_NO_CLASS where the data don't say */
} nt_target;

/* How pixels are made into a network's input, unless the user says it. */
typedef enum nt_usual {
    NT_USUAL_NONE,     /* nothing is known */
    NT_USUAL_CHANNELS, /* by a mean and a deviation per channel */
    NT_USUAL_IMAGE     /* by each image's own mean and deviation, all channels together */
} nt_usual;

typedef struct nt_data_kind nt_data_kind;

/* Something that a number of a set's files have in common: "voxels", "1.5 x 1.5 x 8 mm". */
typedef struct nt_data_trait {
    const char *name, *value;
    int32_t count;
    const char *unit; /* what is counted: "volumes" */
} nt_data_trait;

/* What is known of a data set without reading its images. */
typedef struct nt_data_info {
    const nt_data_kind *kind;
    const char *folder; /* where its files are: the root as it was resolved */
    nt_shape shape;     /* of a sample: channels, rows, columns */
    nt_pixel pixel;
    nt_target target;
    int32_t classes;
    const char *const *class_names; /* `classes` of them */
    bool unlabelled;           /* nobody knows what the samples are: one class stands for all */
    int32_t counts[NT_SPLITS]; /* samples; 0: the split's files are not there */
    nt_usual usual;
    float mean[NT_MAX_CHANNELS]; /* of byte / 255, or of float pixels as they are */
    float deviation[NT_MAX_CHANNELS];
    const char *const *files; /* those that were found; of a TIFF, its pages: "stack.tif#2" */
    int32_t file_count;

    /* Of the samples of train and test, as `load` gives them, where the kind knows: a name, and
     * which belong together (slices of one patient), numbered from 0 over both splits. NULL: it
     * doesn't. */
    const char *const *names[NT_HELD_OUT];
    const int32_t *patients[NT_HELD_OUT];

    /* What else is to be said of the files. */
    const nt_data_trait *traits;
    int32_t trait_count;

    /* For a kind's `read`: each sample's class, where it has one, and what the kind likes. */
    const int32_t *labels[NT_HELD_OUT];
    const void *own;
    const char *revision; /* what is done otherwise than in earlier versions, for identities */

    const char *const *notes; /* what a user should know of these data, a line each */
    int32_t note_count;

    /* For a kind's `sweep` and `read`: how many bytes they may keep of files until `close`. */
    int64_t keep;
} nt_data_info;

/* --- kinds ------------------------------------------------------------------------------------ */

/* Where a kind's data are published. */
typedef struct nt_data_source {
    const char *url;    /* of a tar.gz that holds the kind's usual folder; NULL: see `advice` */
    const char *md5;    /* of that archive, as published: 32 lower-case digits */
    const char *advice; /* how else to get such data, where there is no archive to fetch */
} nt_data_source;

struct nt_data_kind {
    nt_kind kind;       /* its record: the options */
    const char *folder; /* its usual name, or NULL: a root may also be the folder around it */
    const char *made;   /* samples are made, not read, and there is no folder: says by which
                         * version of the recipe, for the digest; NULL: there is a folder */
    const nt_data_source *source; /* NULL: not published */

    /* Fills in everything but `kind`, `folder` (which is set) and the held-out count. Texts go to
     * `arena`. NT_INVALID when the folder holds no such data. */
    nt_status (*open)(const void *options, nt_arena *arena, nt_data_info *info, nt_error *error);

    /* This or `load`. Reads and checks sample i of NT_TRAIN or NT_TEST: the pixels of info->shape,
     * and its mask, unless there are classes. Called by several threads at once. */
    nt_status (*read)(const void *options, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error);

    /* Beside `read`, where files hold many samples; NULL: there is none. Reads and checks all of
     * them once, each file from its beginning to its end, in any order. Comes before `read`. */
    nt_status (*sweep)(const void *options, const nt_data_info *info, nt_split split,
                       const nt_sample_sink *sink, nt_error *error);

    /* Frees what `open` and `read` hold beside the arena, also when opening failed; NULL: nothing.
     */
    void (*close)(const nt_data_info *info);

    /* Reads and checks all of them, where one costs as much, as many as `info` says. The caller
     * frees. */
    nt_status (*load)(const void *options, const nt_data_info *info, nt_split split, nt_images *ret,
                      nt_error *error);
};

/* For a kind's `open`: sets its usual normalisation, one value per channel of info->shape. */
void nt_data_set_usual(nt_data_info *info, const float *mean, const float *deviation);

/* For a kind's `open`: remembers a file that was found; the path is kept as it is, the list in
 * `arena`. Returns false when out of memory. */
bool nt_data_add_file(nt_data_info *info, nt_arena *arena, const char *path);

/* The same of a note. */
bool nt_data_add_note(nt_data_info *info, nt_arena *arena, const char *line);

/* The same of `count` files with a trait, which may have been met before. NULL for `value` is out
 * of memory. */
bool nt_data_add_trait(nt_data_info *info, nt_arena *arena, const char *name, const char *value,
                       int32_t count, const char *unit);

/* How many patients a split's samples are of; 0: the data don't say, or no memory. */
int32_t nt_data_patients(const nt_data_info *info, nt_split split);

/* One line: what the data are and how many of them there are. */
void nt_data_summarise(const nt_data_info *info, nt_text *text);

/* All kinds, in the order of data/meson.build. */
extern const nt_kind *const nt_data_kinds[];

static inline const nt_data_kind *nt_data_find(const char *name) { /* NULL: no such kind */
    return (const nt_data_kind *)nt_kind_find(nt_data_kinds, NULL, name);
}

#endif
