/* The headers of all files of the kind `nifti`: whether masks lie on their images, and whether all
 * volumes lie alike. */
#include "nifti_set.h"

#include <math.h>
#include <string.h>

static nt_status read_head(const char *path, nt_nifti_head *ret, nt_error *error) {
    nt_nifti *file;
    NT_TRY(nt_nifti_open(path, &file, error));
    *ret = *nt_nifti_head_of(file);
    nt_nifti_close(file);
    return NT_OK;
}

/* --- an image and its mask -------------------------------------------------------------------- */

typedef struct checking {
    const nt_nifti_options *o;
    nt_nifti_set *set;
} checking;

static nt_status check_place(const nt_nifti_options *o, const nt_nifti_pair *pair,
                             const char *image, nt_error *error) {
    const nt_nifti_head *a = &pair->head, *b = &pair->mask_head;
    if (memcmp(a->dims, b->dims, sizeof a->dims) != 0)
        return nt_error_in(error, NT_INVALID, pair->mask, -1,
                           "has %d x %d x %d voxels, but its image %s has %d x %d x %d", b->dims[0],
                           b->dims[1], b->dims[2], image, a->dims[0], a->dims[1], a->dims[2]);
    double apart = a->placed && b->placed ? nt_volume_apart(a, b) : 0;
    if (apart <= o->tolerance)
        return NT_OK;
    nt_error_in(error, NT_INVALID, pair->mask, -1,
                "does not lie on its image %s: a corner of theirs is %.4g apart", image, apart);
    nt_error_hint(error, "if the voxels belong together all the same, raise 'tolerance' (now %.4g)",
                  o->tolerance);
    return NT_INVALID;
}

static nt_status check_frames(const nt_nifti_options *o, nt_nifti_pair *pair, const char *image,
                              nt_error *error) {
    int32_t frames = pair->head.frames, mask_frames = pair->mask_head.frames;
    bool one = o->frame >= 0;
    if (o->frame >= frames)
        return nt_error_in(error, NT_INVALID, image, -1, "has %d frames, so none is number %d",
                           frames, o->frame);
    pair->frame = one ? o->frame : 0;
    pair->frames = one ? 1 : frames;
    pair->mask_frame = mask_frames == frames ? pair->frame : 0;
    if (mask_frames == frames || (one && mask_frames == 1))
        return NT_OK;
    nt_error_in(error, NT_INVALID, pair->mask, -1, "has %d frames, but its image %s has %d",
                mask_frames, image, frames);
    nt_error_hint(error, "'frame' takes one of the image's");
    return NT_INVALID;
}

static nt_status check_pair(const void *context, int32_t i, nt_error *error) {
    const checking *c = context;
    nt_nifti_pair *pair = &c->set->pairs[i];
    const char *image = c->set->files[i].path;
    NT_TRY(read_head(image, &pair->head, error));
    NT_TRY(read_head(pair->mask, &pair->mask_head, error));
    NT_TRY(check_place(c->o, pair, image, error));
    return check_frames(c->o, pair, image, error);
}

/* --- all volumes ------------------------------------------------------------------------------ */

static const char *axes_of(const nt_nifti_head *head) {
    return head->placed ? head->axes : "unknown";
}

static nt_status check_axes(const nt_nifti_options *o, const nt_nifti_set *set, nt_error *error) {
    for (int32_t i = 0; i < set->count; i++) {
        const nt_nifti_head *head = &set->pairs[i].head, *first = &set->pairs[0].head;
        if (o->orient[0] && !head->placed) {
            nt_error_in(error, NT_INVALID, set->files[i].path, -1,
                        "does not say how it lies, so that it can't be turned to %s", o->orient);
            nt_error_hint(error, "its qform and sform codes are 0");
            return NT_INVALID;
        }
        if (o->orient[0] || strcmp(axes_of(head), axes_of(first)) == 0)
            continue;
        nt_error_in(error, NT_INVALID, set->files[i].path, -1,
                    "has its axes towards %s, but %s has them towards %s", axes_of(head),
                    set->files[0].path, axes_of(first));
        nt_error_hint(error, "'orient: RAS' turns all alike");
        return NT_INVALID;
    }
    return NT_OK;
}

nt_status nt_nifti_set_check(const nt_nifti_options *o, nt_nifti_set *set, nt_error *error) {
    const checking c = {o, set};
    if (o->orient[0] && !nt_axes_valid(o->orient))
        return nt_error_say(error, NT_INVALID,
                            "'orient' must be three letters such as RAS: right or left, anterior "
                            "or posterior, superior or inferior, in some order");
    NT_TRY(nt_read_samples(set->count, check_pair, &c, error));
    NT_TRY(check_axes(o, set, error));
    for (int32_t i = 0; i < set->count; i++)
        set->pairs[i].view = nt_volume_view_of(&set->pairs[i].head, o->orient[0] ? o->orient : NULL,
                                               (nt_axis)o->axis);
    return NT_OK;
}
