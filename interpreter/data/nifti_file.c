/* A header is looked over in the file's own byte order first: what is left of it is safe to hand to
 * nifti_convert_nhdr2nim, which knows the placement's two forms and the units. */
#include "nifti_file.h"

#include "alloc.h"
#include "file.h"
#include "file_kind.h"
#include "gzip_file.h"
#include <assert.h>
#include <math.h>
#include <nifti1_io.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 348, NIFTI2_HEADER = 540, FIRST_VOXEL = 352 };

struct nt_nifti {
    nt_gzip in;
    bool open;
    nt_nifti_head head;
    int32_t at; /* the next frame */
};

static nt_status refuse(const nt_nifti *f, nt_error *error, const char *what) {
    return nt_error_in(error, NT_INVALID, f->in.path, -1, "%s", what);
}

/* --- the header's numbers --------------------------------------------------------------------- */

static int16_t short_at(const nt_nifti *f, const void *field) {
    int16_t value;
    memcpy(&value, field, sizeof value);
    return f->head.swapped ? (int16_t)__builtin_bswap16((uint16_t)value) : value;
}

static float float_at(const nt_nifti *f, const void *field) {
    uint32_t bits;
    float value;
    memcpy(&bits, field, sizeof bits);
    if (f->head.swapped)
        bits = __builtin_bswap32(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const struct voxel_type {
    int16_t code;
    char kind;
    int32_t size;
} types[] = {
    {DT_UINT8, 'u', 1},   {DT_INT8, 'i', 1},    {DT_INT16, 'i', 2}, {DT_UINT16, 'u', 2},
    {DT_INT32, 'i', 4},   {DT_UINT32, 'u', 4},  {DT_INT64, 'i', 8}, {DT_UINT64, 'u', 8},
    {DT_FLOAT32, 'f', 4}, {DT_FLOAT64, 'f', 8},
};

static nt_status take_type(nt_nifti *f, const struct nifti_1_header *raw, nt_error *error) {
    int16_t code = short_at(f, &raw->datatype);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code) {
            f->head.kind = types[i].kind;
            f->head.size = types[i].size;
            return NT_OK;
        }
    const char *what = code == DT_RGB24 || code == DT_RGBA32 ? "holds colours"
                       : code == DT_COMPLEX64 || code == DT_COMPLEX128 || code == DT_COMPLEX256
                           ? "holds complex numbers"
                           : "holds voxels of a type that is not known here";
    return nt_error_in(error, NT_INVALID, f->in.path, -1, "%s (datatype %d)", what, code);
}

/* Three dimensions, or four; more only if they are one long. */
static nt_status take_dims(nt_nifti *f, const struct nifti_1_header *raw, nt_error *error) {
    int16_t rank = short_at(f, &raw->dim[0]);
    int32_t dims[8] = {0, 1, 1, 1, 1, 1, 1, 1};
    if (rank < 1 || rank > 7)
        return nt_error_in(error, NT_INVALID, f->in.path, -1, "announces %d dimensions", rank);
    for (int d = 1; d <= rank; d++) {
        dims[d] = short_at(f, &raw->dim[d]);
        if (dims[d] < 1)
            return nt_error_in(error, NT_INVALID, f->in.path, -1,
                               "announces %d voxels along "
                               "dimension %d",
                               dims[d], d);
        if (d > 4 && dims[d] > 1)
            return nt_error_in(error, NT_INVALID, f->in.path, -1,
                               "has %d dimensions; three are known, and frames", rank);
    }
    memcpy(f->head.dims, dims + 1, sizeof f->head.dims);
    f->head.frames = dims[4];
    return NT_OK;
}

/* The voxels that are announced can be in the file. */
static nt_status check_size(const nt_nifti *f, double begin, nt_error *error) {
    const int32_t *d = f->head.dims;
    int64_t bytes = nt_nifti_voxels(&f->head) * f->head.size;
    if (!(begin >= FIRST_VOXEL && begin < 1e9 && begin == floor(begin)))
        return nt_error_in(error, NT_INVALID, f->in.path, -1,
                           "says that its voxels begin at byte %g", begin);
    if (!__builtin_mul_overflow(bytes, (int64_t)f->head.frames, &bytes) &&
        !__builtin_add_overflow(bytes, (int64_t)begin, &bytes) &&
        nt_gzip_can_hold(&f->in, (uint64_t)bytes))
        return NT_OK;
    nt_error_in(error, NT_INVALID, f->in.path, -1,
                "announces %d x %d x %d x %d voxels of %d bytes, which can't be in this file", d[0],
                d[1], d[2], f->head.frames, f->head.size);
    nt_error_hint(error, "it is cut short or damaged");
    return NT_INVALID;
}

/* --- what libnifti says ----------------------------------------------------------------------- */

static void take_axes(nt_nifti_head *head, mat44 affine) {
    static const char letters[] = "?RLAPSI"; /* NIFTI_L2R leads to the right, and so on */
    int codes[3];
    nifti_mat44_to_orientation(affine, &codes[0], &codes[1], &codes[2]);
    for (int d = 0; d < 3; d++)
        head->axes[d] = letters[codes[d] >= 1 && codes[d] <= 6 ? codes[d] : 0];
}

static void take_geometry(nt_nifti *f, const nifti_image *image) {
    nt_nifti_head *head = &f->head;
    double unit = image->xyz_units == NIFTI_UNITS_METER    ? 1000
                  : image->xyz_units == NIFTI_UNITS_MICRON ? 0.001
                                                           : 1;
    const double sides[3] = {(double)image->dx, (double)image->dy, (double)image->dz};
    mat44 affine = image->sform_code > 0 ? image->sto_xyz : image->qto_xyz;
    for (int d = 0; d < 3; d++)
        head->voxel[d] = fabs(sides[d]) * unit;
    head->placed = image->sform_code > 0 || image->qform_code > 0;
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            head->affine[r][c] = (double)affine.m[r][c];
    if (head->placed)
        take_axes(head, affine);
}

/* The scaling counts only where the slope isn't 0. */
static void take_scaling(nt_nifti *f, const struct nifti_1_header *raw) {
    double slope = (double)float_at(f, &raw->scl_slope);
    double intercept = (double)float_at(f, &raw->scl_inter);
    bool scaled = isfinite(slope) && slope != 0;
    f->head.slope = scaled ? slope : 1;
    f->head.intercept = scaled && isfinite(intercept) ? intercept : 0;
}

static nt_status check_geometry(const nt_nifti *f, nt_error *error) {
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            if (!isfinite(f->head.affine[r][c]))
                return refuse(f, error, "says where its voxels are by numbers that are not finite");
    if (f->head.placed && strchr(f->head.axes, '?'))
        return refuse(f, error, "has a placement in which two axes lead the same way, or nowhere");
    return NT_OK;
}

static nt_status understand(nt_nifti *f, const struct nifti_1_header *raw, nt_error *error) {
    nifti_set_debug_level(0); /* it would print */
    nifti_image *image = nifti_convert_nhdr2nim(*raw, NULL);
    if (!image)
        return refuse(f, error, "has a header that libnifti does not understand");
    take_geometry(f, image);
    nifti_image_free(image);
    take_scaling(f, raw);
    return check_geometry(f, error);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* By the header's size, which comes first. */
static nt_status check_kind(nt_nifti *f, const void *bytes, size_t got, nt_error *error) {
    uint32_t size = 0;
    if (got >= sizeof size)
        memcpy(&size, bytes, sizeof size);
    f->head.swapped = __builtin_bswap32(size) == HEADER || __builtin_bswap32(size) == NIFTI2_HEADER;
    if (f->head.swapped)
        size = __builtin_bswap32(size);
    if (size == NIFTI2_HEADER) {
        refuse(f, error, "is of NIfTI-2, of which only version 1 is known here");
        nt_error_hint(error, "save it as NIfTI-1, as nibabel.Nifti1Image");
        return NT_INVALID;
    }
    if (size != HEADER) {
        NT_TRY(nt_file_kind_refuse(bytes, got, NT_FILE_AS_DATA, f->in.path, error));
        return refuse(f, error, "is not a NIfTI file");
    }
    const struct nifti_1_header *raw = bytes;
    if (got < HEADER)
        return refuse(f, error, "is cut short in its header");
    if (memcmp(raw->magic, "n+1", 4) == 0)
        return NT_OK;
    refuse(f, error,
           memcmp(raw->magic, "ni1", 4) == 0 ? "is a header alone, whose voxels are in an .img file"
                                             : "is of ANALYZE 7.5, not of NIfTI");
    nt_error_hint(error, "save both as one .nii file");
    return NT_INVALID;
}

static nt_status skip_to(nt_nifti *f, int64_t begin, nt_error *error) {
    unsigned char piece[4096];
    while (f->in.at < begin) {
        int64_t left = begin - f->in.at, most = (int64_t)sizeof piece;
        NT_TRY(nt_gzip_exactly(&f->in, piece, (size_t)(left < most ? left : most), error));
    }
    return NT_OK;
}

static nt_status read_header(nt_nifti *f, nt_error *error) {
    struct nifti_1_header raw = {0};
    size_t got;
    NT_TRY(nt_gzip_some(&f->in, &raw, HEADER, &got, error));
    NT_TRY(check_kind(f, &raw, got, error));
    NT_TRY(take_dims(f, &raw, error));
    NT_TRY(take_type(f, &raw, error));
    double begin = (double)float_at(f, &raw.vox_offset);
    NT_TRY(check_size(f, begin, error));
    NT_TRY(understand(f, &raw, error));
    f->head.begin = (int64_t)begin;
    f->head.packed = !gzdirect(f->in.file);
    return skip_to(f, f->head.begin, error);
}

nt_status nt_nifti_open(const char *path, nt_nifti **ret, nt_error *error) {
    nt_nifti *f = nt_alloc_zero(sizeof *f);
    if (!f)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    nt_status status = nt_gzip_open(&f->in, path, error);
    f->open = status == NT_OK;
    if (status == NT_OK)
        status = read_header(f, error);
    if (status == NT_OK)
        *ret = f;
    else
        nt_nifti_close(f);
    return status;
}

void nt_nifti_close(nt_nifti *file) {
    if (!file)
        return;
    if (file->open)
        nt_gzip_close(&file->in);
    nt_free(file, sizeof *file);
}

const nt_nifti_head *nt_nifti_head_of(const nt_nifti *file) {
    return &file->head;
}

int64_t nt_nifti_voxels(const nt_nifti_head *head) {
    return (int64_t)head->dims[0] * head->dims[1] * head->dims[2];
}

size_t nt_nifti_frame_size(const nt_nifti_head *head) {
    return (size_t)nt_nifti_voxels(head) * (size_t)head->size;
}

bool nt_nifti_same_voxels(const nt_nifti_head *a, const nt_nifti_head *b) {
    return memcmp(a->dims, b->dims, sizeof a->dims) == 0 && a->frames == b->frames &&
           a->kind == b->kind && a->size == b->size && a->swapped == b->swapped &&
           a->slope == b->slope && a->intercept == b->intercept && a->begin == b->begin &&
           a->packed == b->packed;
}

/* --- voxels ----------------------------------------------------------------------------------- */

/* Behind the last frame: zlib then compares the checksum. Bytes that follow are nobody's. */
static nt_status read_end(nt_nifti *f, nt_error *error) {
    unsigned char byte;
    size_t got;
    return nt_gzip_some(&f->in, &byte, 1, &got, error);
}

nt_status nt_nifti_next(nt_nifti *file, void *ret_voxels, nt_error *error) {
    const nt_nifti_head *head = &file->head;
    size_t size = nt_nifti_frame_size(head);
    NT_TRY(ret_voxels ? nt_gzip_exactly(&file->in, ret_voxels, size, error)
                      : skip_to(file, file->in.at + (int64_t)size, error));
    if (++file->at == head->frames)
        NT_TRY(read_end(file, error));
    if (ret_voxels && head->swapped)
        nt_elements_reverse(ret_voxels, size / (size_t)head->size, (size_t)head->size);
    return NT_OK;
}

static nt_status read_plain(const char *path, int64_t at, void *ret, size_t size, nt_error *error) {
    int64_t file_size;
    int fd;
    NT_TRY(nt_file_open(path, &fd, &file_size, error));
    int64_t got = nt_file_read_at(fd, at, ret, size);
    close(fd);
    if (got == (int64_t)size)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, path, at,
                       got < 0 ? "cannot read on" : "the file ends before these voxels do");
}

nt_status nt_nifti_read_part(const char *path, const nt_nifti_head *head,
                             const nt_gzip_index *index, int32_t frame, int64_t first,
                             int64_t count, void *ret_voxels, nt_error *error) {
    size_t size = (size_t)count * (size_t)head->size;
    int64_t at = head->begin + frame * (int64_t)nt_nifti_frame_size(head) + first * head->size;
    assert(!index == !head->packed);
    NT_TRY(index ? nt_gzip_index_read(index, at, ret_voxels, size, error)
                 : read_plain(path, at, ret_voxels, size, error));
    if (head->swapped)
        nt_elements_reverse(ret_voxels, (size_t)count, (size_t)head->size);
    return NT_OK;
}
