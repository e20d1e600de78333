/* Which masks belong to which image, by their names in two folders. */
#ifndef NT_PAIR_FILES_H
#define NT_PAIR_FILES_H

#include "arena.h"
#include "data_kind.h"
#include "diagnostic.h"

/* What becomes of images without a mask; the first by default. */
enum { NT_UNMASKED_ERROR, NT_UNMASKED_SKIP, NT_UNMASKED_BACKGROUND };
extern const char *const nt_unmasked_choices[];

/* An image's name is its mask's but for what each ends in. */
typedef struct nt_pair_rules {
    const char *image_suffix, *mask_suffix;
    int32_t unmasked;
} nt_pair_rules;

/* Where the images of a split and their masks are, inside the data's folder. */
typedef struct nt_pair_folders {
    const char *images, *masks;
    bool test;
} nt_pair_folders;

/* An image with its masks. */
typedef struct nt_pair {
    const char *name;  /* the image's path inside its folder, without the ending */
    const char *image; /* its path */
    const char *const *masks;
    int32_t mask_count;
    bool test, page, further; /* a page of a file; one that comes after others of it */
} nt_pair;

typedef struct nt_pairs {
    nt_pair *items; /* by folders, and in each by name */
    int32_t count;
} nt_pairs;

/* Pairs the pictures of `count` folders. What is passed over, left out or joined is noted in
 * `info`; all texts are in `arena`. NT_INVALID where a folder has no images or none with a mask, or
 * an image lacks its mask, unless that is allowed. */
nt_status nt_pair_files_find(const nt_pair_rules *rules, const nt_pair_folders *folders,
                             int32_t count, nt_arena *arena, nt_data_info *info, nt_pairs *ret,
                             nt_error *error);

#endif
