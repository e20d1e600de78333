/* The kind `nifti`, on volumes put together byte by byte: which files belong together, how volumes
 * are cut and scaled, what is refused, and damage anywhere. */
#include "parallel.h"
#include "support_data.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>

enum { NX = 4, NY = 3, NZ = 2, VOXELS = NX * NY * NZ, HEADER = 352, LARGE = 1 << 13 };
enum { UINT8 = 2, INT16 = 4, INT32 = 8, FLOAT32 = 16, FLOAT64 = 64, INT8 = 256, UINT16 = 512 };

static nt_error error;

/* --- files ------------------------------------------------------------------------------------ */

/* A volume; what is 0 is as in `usual`. */
typedef struct volume {
    int rank;
    int16_t dims[8]; /* from 1 on */
    int16_t type;
    bool swapped;
    int16_t qform, sform; /* codes */
    float affine[12], slope, intercept;
    double (*value)(int x, int y, int z, int t);
} volume;

static double place_value(int x, int y, int z, int t) {
    return x + 10 * y + 50 * z + 25 * t;
}

static double half_mask(int x, int y, int z, int t) {
    (void)y;
    return z == 1 ? 0 : (x + t) % 2;
}

static const volume usual_image = {.rank = 3,
                                   .dims = {0, NX, NY, NZ},
                                   .type = INT16,
                                   .sform = 1,
                                   .affine = {1, 0, 0, -5, 0, 2, 0, -6, 0, 0, 3, -7},
                                   .value = place_value};

static volume usual_mask(void) {
    volume mask = usual_image;
    mask.type = UINT8;
    mask.value = half_mask;
    return mask;
}

static int size_of(int16_t type) {
    return type == UINT8 || type == INT8     ? 1
           : type == INT16 || type == UINT16 ? 2
           : type == FLOAT64                 ? 8
                                             : 4;
}

static void put_number(unsigned char *to, const void *from, size_t size, bool swapped) {
    for (size_t i = 0; i < size; i++)
        to[swapped ? size - 1 - i : i] = ((const unsigned char *)from)[i];
}

static void put_short(unsigned char *to, int16_t value, bool swapped) {
    put_number(to, &value, 2, swapped);
}

static void put_float(unsigned char *to, float value, bool swapped) {
    put_number(to, &value, 4, swapped);
}

static void put_voxel(unsigned char *to, const volume *v, double value) {
    int64_t whole = isfinite(value) ? (int64_t)value : 0;
    float single = (float)value;
    if (v->type == FLOAT32)
        put_number(to, &single, 4, v->swapped);
    else if (v->type == FLOAT64)
        put_number(to, &value, 8, v->swapped);
    else
        put_number(to, &whole, (size_t)size_of(v->type), v->swapped); /* little-endian */
}

static size_t make_volume(unsigned char *bytes, const volume *v) {
    bool s = v->swapped;
    memset(bytes, 0, HEADER);
    put_number(bytes, &(int32_t){348}, 4, s);
    put_short(bytes + 40, (int16_t)v->rank, s);
    for (int d = 1; d < 8; d++)
        put_short(bytes + 40 + 2 * d, d <= v->rank ? v->dims[d] : 1, s);
    put_short(bytes + 70, v->type, s);
    put_short(bytes + 72, (int16_t)(8 * size_of(v->type)), s);
    static const float sides[] = {1, 1, 2, 3, 1, 1, 1, 1};
    for (int d = 0; d < 8; d++)
        put_float(bytes + 76 + 4 * d, sides[d], s);
    put_float(bytes + 108, HEADER, s);
    put_float(bytes + 112, v->slope, s);
    put_float(bytes + 116, v->intercept, s);
    bytes[123] = 2; /* millimetres */
    put_short(bytes + 252, v->qform, s);
    put_short(bytes + 254, v->sform, s);
    for (int i = 0; i < 12; i++)
        put_float(bytes + 280 + 4 * i, v->affine[i], s);
    memcpy(bytes + 344, "n+1", 4);
    size_t at = HEADER;
    int frames = v->rank > 3 ? v->dims[4] : 1;
    for (int t = 0; t < frames; t++)
        for (int z = 0; z < v->dims[3]; z++)
            for (int y = 0; y < v->dims[2]; y++)
                for (int x = 0; x < v->dims[1]; x++) {
                    assert_true(at + 8 <= LARGE);
                    put_voxel(bytes + at, v, v->value(x, y, z, t));
                    at += (size_t)size_of(v->type);
                }
    return at;
}

static const char *prepare(const char *root, const char *name) {
    const char *path = path_in(root, name);
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_true(mkdir(folder, 0777) == 0 || errno == EEXIST);
    return path;
}

static void write_volume(const char *root, const char *name, const volume *v) {
    unsigned char bytes[LARGE];
    size_t size = make_volume(bytes, v);
    const char *path = prepare(root, name);
    if (strstr(name, ".gz"))
        write_packed(path, bytes, size);
    else
        write_bytes(path, bytes, size);
}

static void write_pair(const char *root, const char *name, const volume *image,
                       const volume *mask) {
    char path[100];
    snprintf(path, sizeof path, "images/%s", name);
    write_volume(root, path, image);
    snprintf(path, sizeof path, "masks/%s", name);
    write_volume(root, path, mask);
}

/* --- opening ---------------------------------------------------------------------------------- */

#define BOTH "images=images masks=masks test_share=0 "

static nt_dataset *open_good(const char *root, const char *options) {
    nt_dataset *set = NULL;
    EXPECT_OK(&error, open_with("nifti", root, options, -1, &set, &error));
    for (int split = 0; split < NT_HELD_OUT; split++)
        if (nt_dataset_count(set, (nt_split)split) > 0)
            EXPECT_OK(&error, nt_dataset_load(set, (nt_split)split, &error));
    return set;
}

static nt_status try_all(const char *root, const char *options, int fails_at) {
    nt_dataset *set = NULL;
    nt_status status = open_with("nifti", root, options, fails_at, &set, &error);
    for (int split = 0; split < NT_HELD_OUT && status == NT_OK; split++)
        if (nt_dataset_count(set, (nt_split)split) > 0)
            status = nt_dataset_load(set, (nt_split)split, &error);
    nt_dataset_free(set);
    return status;
}

static void clear(void) {
    nt_error_finish(&error);
    nt_error_init(&error);
}

/* There may be several errors, of several files: the first says `part`. */
static void expect_refused(const char *root, const char *options, const char *part) {
    size_t before = nt_alloc_in_use();
    nt_status status = try_all(root, options, -1);
    if (status == NT_OK)
        fail_msg("'%s' was taken", options);
    if (!strstr(shown(&error), part))
        fail_msg("'%s' lacks '%s'", shown(&error), part);
    assert_int_equal(status, NT_INVALID);
    clear();
    assert_int_equal(nt_alloc_in_use(), before);
}

static const float *pixels(const nt_dataset *set, int32_t i) {
    return sample_of_set(set, NT_TRAIN, i).pixels;
}

/* --- what is read ----------------------------------------------------------------------------- */

static void check_usual(const nt_dataset *set) {
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->counts[NT_TRAIN], NZ);
    assert_true(nt_shape_equal(info->shape, nt_shape_of(3, (const int32_t[]){1, NY, NX})));
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                assert_true(pixels(set, z)[y * NX + x] == (float)place_value(x, y, z, 0));
                assert_int_equal(sample_of_set(set, NT_TRAIN, z).mask[y * NX + x],
                                 (int)half_mask(x, y, z, 0));
            }
}

static void types_orders_and_scaling(void **state) {
    static const int16_t types[] = {UINT8, INT8, INT16, UINT16, INT32, 768, FLOAT32, FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int way = 0; way < 4; way++) {
            const char *name = way & 1 ? "a.nii" : "a.nii.gz";
            volume image = usual_image, mask = usual_mask();
            image.type = types[i];
            image.swapped = mask.swapped = way & 2;
            write_pair(*state, name, &image, &mask);
            nt_dataset *set = open_good(*state, BOTH "intensity=raw");
            check_usual(set);
            assert_string_equal(nt_dataset_name(set, NT_TRAIN, 1), "a#z1");
            nt_dataset_free(set);
            char path[20];
            snprintf(path, sizeof path, "images/%s", name);
            remove(path_in(*state, path));
            snprintf(path, sizeof path, "masks/%s", name);
            remove(path_in(*state, path));
        }
    volume image = usual_image, mask = usual_mask();
    image.slope = 0.5f;
    image.intercept = -3;
    write_pair(*state, "b.nii.gz", &image, &mask);
    nt_dataset *set = open_good(*state, BOTH "intensity=raw");
    assert_true(pixels(set, 1)[NX] == (float)(place_value(0, 1, 1, 0) * 0.5 - 3));
    nt_dataset_free(set);
}

static void traits_are_counted(void **state) {
    volume image = usual_image, mask = usual_mask(), other = usual_image;
    write_pair(*state, "a.nii.gz", &image, &mask);
    write_pair(*state, "b.nii.gz", &image, &mask);
    nt_dataset *set = open_good(*state, BOTH);
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->trait_count, 2);
    assert_string_equal(info->traits[0].value, "1 x 2 x 3 mm");
    assert_int_equal(info->traits[0].count, 2);
    assert_string_equal(info->traits[1].value, "RAS");
    assert_int_equal(info->usual, NT_USUAL_CHANNELS);
    assert_true(info->mean[0] == 0 && info->deviation[0] == 1);
    nt_dataset_free(set);
    const float turned[12] = {-1, 0, 0, 5, 0, -2, 0, 6, 0, 0, 3, -7};
    memcpy(other.affine, turned, sizeof turned);
    volume other_mask = other;
    other_mask.value = half_mask;
    write_pair(*state, "c.nii.gz", &other, &other_mask);
    expect_refused(*state, BOTH, "images/c.nii.gz: error: has its axes towards LPS, but ");
    set = open_good(*state, BOTH "orient=RAS intensity=raw");
    assert_int_equal(nt_dataset_info(set)->trait_count, 3);
    for (int p = 0; p < NX * NY; p++) /* c is a, turned by half a circle */
        assert_true(pixels(set, 4)[p] == pixels(set, 0)[NX * NY - 1 - p]);
    nt_dataset_free(set);
    expect_refused(*state, BOTH "orient=RAL", "'orient' must be three letters");
    expect_refused(*state, BOTH "orient=RASI", "'orient' must be three letters");
    other.sform = 0;
    write_pair(*state, "c.nii.gz", &other, &other_mask);
    expect_refused(*state, BOTH "orient=RAS", "does not say how it lies");
    expect_refused(*state, BOTH, "has its axes towards unknown");
}

/* The slices of each axis, rows and columns as stated. */
static void axes_are_cut(void **state) {
    volume image = usual_image, mask = usual_mask();
    write_pair(*state, "a.nii.gz", &image, &mask);
    nt_dataset *set = open_good(*state, BOTH "intensity=raw axis=x");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), NX);
    assert_string_equal(nt_dataset_name(set, NT_TRAIN, 3), "a#x3");
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            assert_true(pixels(set, 3)[z * NY + y] == (float)place_value(3, y, z, 0));
    nt_dataset_free(set);
    set = open_good(*state, BOTH "intensity=raw axis=y");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), NY);
    for (int z = 0; z < NZ; z++)
        for (int x = 0; x < NX; x++)
            assert_true(pixels(set, 2)[z * NX + x] == (float)place_value(x, 2, z, 0));
    nt_dataset_free(set);
}

static void frames_are_volumes(void **state) {
    volume image = usual_image, mask = usual_mask();
    image.rank = mask.rank = 4;
    image.dims[4] = mask.dims[4] = 3;
    write_pair(*state, "a.nii.gz", &image, &mask);
    nt_dataset *set = open_good(*state, BOTH "intensity=raw");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3 * NZ);
    assert_string_equal(nt_dataset_name(set, NT_TRAIN, 5), "a#t2z1");
    for (int i = 0; i < 3 * NZ; i++) {
        assert_true(pixels(set, i)[1] == (float)place_value(1, 0, i % NZ, i / NZ));
        assert_int_equal(sample_of_set(set, NT_TRAIN, i).mask[1],
                         (int)half_mask(1, 0, i % NZ, i / NZ));
        assert_int_equal(nt_dataset_patient(set, NT_TRAIN, i), 0);
    }
    nt_dataset_free(set);
    set = open_good(*state, BOTH "intensity=raw frame=1");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), NZ);
    assert_true(pixels(set, 1)[1] == (float)place_value(1, 0, 1, 1));
    assert_int_equal(sample_of_set(set, NT_TRAIN, 0).mask[1], 0);
    nt_dataset_free(set);
    expect_refused(*state, BOTH "frame=3", "has 3 frames, so none is number 3");
    mask = usual_mask();
    write_pair(*state, "a.nii.gz", &image, &mask);
    expect_refused(*state, BOTH, "masks/a.nii.gz: error: has 1 frames, but its image ");
    set = open_good(*state, BOTH "frame=2 intensity=raw");
    assert_true(pixels(set, 0)[0] == (float)place_value(0, 0, 0, 2));
    nt_dataset_free(set);
}

static void intensities(void **state) {
    volume image = usual_image, mask = usual_mask();
    double mean = 0, squares = 0;
    write_pair(*state, "a.nii.gz", &image, &mask);
    for (int i = 0; i < VOXELS; i++)
        mean += place_value(i % NX, i / NX % NY, i / NX / NY, 0) / VOXELS;
    for (int i = 0; i < VOXELS; i++)
        squares += pow(place_value(i % NX, i / NX % NY, i / NX / NY, 0) - mean, 2);
    nt_dataset *set = open_good(*state, BOTH);
    for (int i = 0; i < VOXELS; i++) {
        double value =
            (place_value(i % NX, i / NX % NY, i / NX / NY, 0) - mean) / sqrt(squares / VOXELS);
        assert_true(fabs((double)pixels(set, i / NX / NY)[i % (NX * NY)] - value) < 1e-6);
    }
    nt_dataset_free(set);
    /* Of 24 values the 50th percentile is between 23 and 50, and the 0th is 0. */
    set = open_good(*state, BOTH "intensity=percentile percentile=[0,50]");
    assert_true(pixels(set, 0)[3] == (float)(3 / 36.5));
    assert_true(pixels(set, 0)[0] == 0 && pixels(set, 1)[0] == 1 && pixels(set, 1)[11] == 1);
    nt_dataset_free(set);
    expect_refused(*state, BOTH "percentile=[5,5]", "'percentile' must be two numbers");
    expect_refused(*state, BOTH "percentile=[5]", "'percentile' must be two numbers");
}

/* Integers are counted, reals sorted: to one end, also where a slope turns their order round. */
static void percentiles_of_counts(void **state) {
    static const int16_t types[] = {FLOAT32, INT16, INT8, UINT8};
    float expected[VOXELS];
    for (int falls = 0; falls < 2; falls++)
        for (int t = 0; t < 4; t++) {
            volume image = usual_image, mask = usual_mask();
            image.type = types[t];
            image.slope = falls ? -0.25f : 0.25f;
            image.intercept = 3;
            write_pair(*state, "a.nii", &image, &mask);
            nt_dataset *set = open_good(*state, BOTH "intensity=percentile percentile=[7,81]");
            for (int i = 0; i < VOXELS; i++) {
                float value = pixels(set, i / NX / NY)[i % (NX * NY)];
                if (t == 0)
                    expected[i] = value;
                assert_true(value == expected[i]);
            }
            nt_dataset_free(set);
        }
}

static void sizes_differ(void **state) {
    volume image = usual_image, mask = usual_mask();
    write_pair(*state, "a.nii.gz", &image, &mask);
    image.dims[1] = mask.dims[1] = 6;
    image.dims[2] = mask.dims[2] = 2;
    image.slope = 1;
    image.intercept = 7;
    write_pair(*state, "b.nii.gz", &image, &mask);
    expect_refused(*state, BOTH, "rows x columns (files): 3 x 4 (1), 2 x 6 (1); 'size' cuts");
    expect_refused(*state, BOTH "size=[3,0]", "'size' must be two numbers");
    nt_dataset *set = open_good(*state, BOTH "size=[4,4] intensity=raw");
    /* a's three rows are 0 to 2 of four; b's columns 1 to 4, its rows 1 and 2. */
    assert_true(pixels(set, 0)[0] == 0 && pixels(set, 0)[11] == 23);
    assert_true(pixels(set, 1)[12] == 0); /* filled up with the frame's least value */
    assert_true(pixels(set, 2)[4] == 8 && pixels(set, 2)[11] == 21 && pixels(set, 2)[3] == 7);
    assert_int_equal(sample_of_set(set, NT_TRAIN, 2).mask[4], 1);
    assert_int_equal(sample_of_set(set, NT_TRAIN, 2).mask[0], 0);
    nt_dataset_free(set);
}

static void empty_slices_may_be_skipped(void **state) {
    volume image = usual_image, mask = usual_mask();
    write_pair(*state, "a.nii.gz", &image, &mask);
    write_pair(*state, "b.nii.gz", &image, &mask);
    nt_dataset *set = open_good(*state, BOTH "empty_slices=skip intensity=raw");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 2);
    assert_string_equal(nt_dataset_name(set, NT_TRAIN, 1), "b#z0");
    assert_true(pixels(set, 1)[1] == 1);
    nt_dataset_free(set);
    set = open_good(*state, BOTH "empty_slices=skip labels=background=0,other=5 ignore_labels=[1]");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 0);
    nt_dataset_free(set);
}

/* --- more than fits in memory ----------------------------------------------------------------- */

static double steep_value(int x, int y, int z, int t) {
    return x * x + 10 * y - 50 * z * x + 25 * t;
}

/* Of files plain and packed, along each axis and turned: slices that lie in one piece, and not. */
static void slices_are_read_again(void **state) {
    static const char *const cuts[] = {BOTH "axis=x",
                                       BOTH "axis=y size=[3,6] intensity=percentile",
                                       BOTH "axis=z size=[2,5]",
                                       BOTH "axis=z orient=LPI size=[5,3]",
                                       BOTH "axis=z orient=SRA size=[4,4] intensity=raw",
                                       BOTH "axis=z empty_slices=skip size=[3,4]"};
    volume image = usual_image, mask = usual_mask();
    for (int swapped = 0; swapped < 2; swapped++) {
        image.value = place_value;
        image.type = INT16;
        image.rank = mask.rank = 3;
        image.slope = -0.5f;
        image.swapped = mask.swapped = swapped;
        write_pair(*state, "a.nii.gz", &image, &mask);
        write_pair(*state, "b.nii", &image, &mask);
        image.value = steep_value;
        image.type = FLOAT32;
        image.rank = mask.rank = 4;
        image.dims[4] = mask.dims[4] = 3;
        write_pair(*state, "c.nii.gz", &image, &mask);
        write_pair(*state, "d.nii", &image, &mask);
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
            expect_those_in_memory("nifti", *state, cuts[i]);
        expect_those_in_memory("nifti", *state, "images=images masks=masks test_share=0.5 axis=x");
    }
}

static void changed_slices_are_seen(void **state) {
    float room[2 * NX * NY];
    nt_sample sample;
    for (int packed = 0; packed < 2; packed++) {
        volume image = usual_image, mask = usual_mask();
        nt_dataset *set = NULL;
        const char *name = packed ? "a.nii.gz" : "b.nii";
        write_pair(*state, name, &image, &mask);
        EXPECT_OK(&error, open_with("nifti", *state, packed ? BOTH "only=a" : BOTH "only=b", -1,
                                    &set, &error));
        nt_dataset_limit(set, 1e-9);
        EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
        image.value = steep_value;
        write_pair(*state, name, &image, &mask);
        EXPECT_ERROR(&error, nt_dataset_sample(set, NT_TRAIN, 1, room, &sample, &error), NT_INVALID,
                     "holds other pixels or another mask for ");
        nt_dataset_free(set);
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static void names_of_nnunet(void **state) {
    volume image = usual_image, mask = usual_mask();
    for (int i = 0; i < 5; i++) {
        char name[60];
        for (int c = 0; c < 2; c++) {
            snprintf(name, sizeof name, "imagesTr/case_%03d_000%d.nii.gz", i, c);
            write_volume(*state, name, &image);
        }
        snprintf(name, sizeof name, "labelsTr/case_%03d.nii.gz", i);
        write_volume(*state, name, &mask);
    }
#define NNUNET "images=imagesTr masks=labelsTr image_suffix=_0001 "
    nt_dataset *set = open_good(*state, NNUNET "test_share=0.4");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3 * NZ);
    assert_int_equal(nt_dataset_count(set, NT_TEST), 2 * NZ);
    assert_int_equal(nt_dataset_info(set)->file_count, 10);
    assert_non_null(strstr(nt_dataset_name(set, NT_TEST, 0), "_0001#z0"));
    nt_dataset_free(set);
    expect_refused(*state, "images=imagesTr masks=labelsTr", "has no mask ");
    expect_refused(*state, "images=imagesTr masks=labelsTr image_suffix=_9",
                   "none called as images");
    expect_refused(*state, "images=imagesTr", "which folders hold the images and the masks");
    expect_refused(*state, "images=nowhere masks=labelsTr", "cannot be listed");
    expect_refused(*state, NNUNET "only=(", "'only' is no regular expression");
}

static void names_of_acdc(void **state) {
    volume image = usual_image, mask = usual_mask();
    for (int p = 1; p <= 4; p++)
        for (int frame = 1; frame <= 9; frame += 8) {
            char name[80];
            assert_int_equal(mkdir(path_in(*state, "training"), 0777) == 0 || errno == EEXIST, 1);
            snprintf(name, sizeof name, "training/patient%03d/patient%03d_frame%02d.nii.gz", p, p,
                     frame);
            write_volume(*state, name, &image);
            snprintf(name, sizeof name, "training/patient%03d/patient%03d_frame%02d_gt.nii.gz", p,
                     p, frame);
            write_volume(*state, name, &mask);
            snprintf(name, sizeof name, "training/patient%03d/patient%03d_4d.nii.gz", p, p);
            write_volume(*state, name, &image);
        }
#define ACDC "images=training masks=training mask_suffix=_gt "
    expect_refused(*state, ACDC, "_4d.nii.gz: error: has no mask ");
    nt_dataset *set =
        open_good(*state, ACDC "only=_frame[0-9]+$ patient=^(patient[0-9]+) test_share=0.25");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3 * 2 * NZ);
    assert_int_equal(nt_dataset_count(set, NT_TEST), 2 * NZ);
    for (int32_t i = 0; i < 2 * NZ; i++)
        assert_int_equal(nt_dataset_patient(set, NT_TEST, i), nt_dataset_patient(set, NT_TEST, 0));
    for (int32_t i = 0; i < 3 * 2 * NZ; i++)
        assert_int_not_equal(nt_dataset_patient(set, NT_TRAIN, i),
                             nt_dataset_patient(set, NT_TEST, 0));
    nt_dataset_free(set);
    expect_refused(*state, ACDC "only=_frame patient=^(x)",
                   "does not match the pattern of 'patient'");
    expect_refused(*state, ACDC "only=_frame patient=^(.*_frame..)",
                   "patient001_frame01.nii.gz: error: is of patient 'patient001/patient001_frame01'"
                   " by the pattern of 'patient', and each of the 8 images is of another; ");
    expect_refused(
        *state, ACDC "only=_frame patient=^(patient)[0-9]+/",
        "is of patient 'patient' by the pattern of 'patient', and so are all 8 images; ");
    expect_refused(
        *state,
        "train_images=training train_masks=training test_images=training/patient001 "
        "test_masks=training/patient001 mask_suffix=_gt only=_frame patient=^(patient[0-9]+)",
        "is of the patient of ");
}

/* --- what is refused -------------------------------------------------------------------------- */

static double with_nan(int x, int y, int z, int t) {
    return x == 2 && y == 1 && z == 1 ? (double)NAN : place_value(x, y, z, t);
}

static double with_seven(int x, int y, int z, int t) {
    return x == 3 && y == 2 && z == 1 ? 7 : half_mask(x, y, z, t);
}

static void pairs_must_fit(void **state) {
    volume image = usual_image, mask = usual_mask();
    mask.dims[3] = 1;
    write_pair(*state, "a.nii.gz", &image, &mask);
    expect_refused(*state, BOTH, "masks/a.nii.gz: error: has 4 x 3 x 1 voxels, but its image ");
    mask = usual_mask();
    mask.affine[3] += 0.3f;
    write_pair(*state, "a.nii.gz", &image, &mask);
    expect_refused(*state, BOTH, "a corner of theirs is 0.3 apart; if the voxels belong together");
    nt_dataset_free(open_good(*state, BOTH "tolerance=0.31"));
    mask.sform = 0; /* it doesn't say where it is */
    write_pair(*state, "a.nii.gz", &image, &mask);
    nt_dataset_free(open_good(*state, BOTH));
    mask = usual_mask();
    mask.value = with_seven;
    write_pair(*state, "a.nii.gz", &image, &mask);
    expect_refused(*state, BOTH,
                   "masks/a.nii.gz: error: has a 7 at voxel (3, 2, 1), which no class");
    expect_refused(*state, BOTH "empty_slices=skip", "has a 7 at voxel (3, 2, 1)");
    nt_dataset *set = open_good(*state, BOTH "ignore_labels=[7]");
    assert_int_equal(sample_of_set(set, NT_TRAIN, 1).mask[11], NT_NO_CLASS);
    nt_dataset_free(set);
    image.type = FLOAT32;
    image.value = with_nan;
    mask = usual_mask();
    write_pair(*state, "a.nii.gz", &image, &mask);
    expect_refused(*state, BOTH, "images/a.nii.gz: error: has a NaN at voxel (2, 1, 1)");
    expect_refused(*state, BOTH "labels=a=0,b=0", "'labels' says a=0 and b=0");
}

/* A header with one field changed. */
static void expect_header_refused(const char *root, size_t at, const void *bytes, size_t size,
                                  const char *part) {
    unsigned char file[LARGE];
    size_t length = make_volume(file, &usual_image);
    memcpy(file + at, bytes, size);
    write_bytes(path_in(root, "images/a.nii"), file, length);
    expect_refused(root, BOTH, part);
}

#define SHORT(value) &(int16_t){value}, 2
#define FLOAT(value) &(float){value}, 4

static void headers_are_checked(void **state) {
    volume mask = usual_mask();
    write_pair(*state, "a.nii", &usual_image, &mask);
    expect_header_refused(*state, 0, &(int32_t){540}, 4, "is of NIfTI-2");
    expect_header_refused(*state, 0, &(int32_t){7}, 4, "is not a NIfTI file");
    expect_header_refused(*state, 344, "ni1", 4, "whose voxels are in an .img file");
    expect_header_refused(*state, 344, "\0\0\0", 4, "is of ANALYZE 7.5");
    expect_header_refused(*state, 40, SHORT(0), "announces 0 dimensions");
    expect_header_refused(*state, 40, SHORT(8), "announces 8 dimensions");
    expect_header_refused(*state, 42, SHORT(-3), "announces -3 voxels along dimension 1");
    expect_header_refused(*state, 44, SHORT(32767), "which can't be in this file");
    expect_header_refused(*state, 40, (int16_t[]){7, 32767, 32767, 32767, 32767}, 10,
                          "32767 x 32767 x 32767 x 32767 voxels of 2 bytes");
    expect_header_refused(*state, 40, (int16_t[]){5, NX, NY, NZ, 1, 2}, 12, "has 5 dimensions");
    expect_header_refused(*state, 70, SHORT(128), "holds colours");
    expect_header_refused(*state, 70, SHORT(32), "holds complex numbers");
    expect_header_refused(*state, 70, SHORT(1), "of a type that is not known here");
    expect_header_refused(*state, 108, FLOAT(100), "begin at byte 100");
    expect_header_refused(*state, 108, FLOAT(NAN), "begin at byte");
    expect_header_refused(*state, 108, FLOAT(1e30f), "begin at byte 1e+30");
    expect_header_refused(*state, 108, FLOAT(370), "the file ends here");
    expect_header_refused(*state, 280, FLOAT(INFINITY), "numbers that are not finite");
    expect_header_refused(*state, 280, FLOAT(0), "two axes lead the same way, or nowhere");
    write_bytes(path_in(*state, "images/a.nii"), "<!DOCTYPE html><html>", 21);
    expect_refused(*state, BOTH, "is a page of HTML");
}

/* --- damage ----------------------------------------------------------------------------------- */

/* What libnifti prints would come out here. */
static void expect_silence(int file, off_t before) {
    fflush(stderr);
    assert_int_equal(lseek(file, 0, SEEK_END), before);
}

static void damaged_files(void **state) {
    unsigned char file[LARGE], copy[LARGE];
    volume mask = usual_mask();
    write_pair(*state, "a.nii", &usual_image, &mask);
    const char *path = path_in(*state, "images/a.nii");
    size_t size = make_volume(file, &usual_image), before = nt_alloc_in_use();
    int kept = dup(2), log = open(path_in(*state, "stderr"), O_RDWR | O_CREAT, 0600);
    assert_true(kept >= 0 && log >= 0 && dup2(log, 2) == 2);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes(path, file, cut);
        nt_status status = try_all(*state, BOTH, -1);
        clear();
        assert_int_equal(status, NT_INVALID);
    }
    for (size_t i = 0; i < HEADER; i++)
        for (int k = 0; k < 3; k++) {
            memcpy(copy, file, size);
            copy[i] = (unsigned char)(k == 0 ? 0xff : k == 1 ? copy[i] ^ 1 : copy[i] + 0x7f);
            write_bytes(path, copy, size);
            nt_status status = try_all(*state, BOTH, -1);
            clear();
            assert_true(status == NT_OK || status == NT_INVALID);
        }
    expect_silence(log, 0);
    assert_int_equal(dup2(kept, 2), 2);
    close(kept);
    close(log);
    assert_int_equal(nt_alloc_in_use(), before);
}

static void damaged_gzip(void **state) {
    unsigned char packed[LARGE];
    volume mask = usual_mask();
    write_pair(*state, "a.nii.gz", &usual_image, &mask);
    const char *path = path_in(*state, "images/a.nii.gz");
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t size = fread(packed, 1, sizeof packed, in);
    fclose(in);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes(path, packed, cut);
        nt_status status = try_all(*state, BOTH, -1);
        clear();
        assert_int_equal(status, NT_INVALID);
    }
    packed[size - 6] ^= 1; /* of the checksum */
    write_bytes(path, packed, size);
    expect_refused(*state, BOTH, "cannot read on: incorrect data check");
}

static void memory_may_run_out(void **state) {
    volume image = usual_image, mask = usual_mask();
    int failures = 0, threads = nt_threads();
    nt_threads_set(1);
    write_pair(*state, "p1_a.nii.gz", &image, &mask);
    write_pair(*state, "p1_b.nii.gz", &image, &mask);
    write_pair(*state, "p2_a.nii.gz", &image, &mask);
    for (bool failed = true; failed; failures += failed) {
        size_t before = nt_alloc_in_use();
        nt_status status = try_all(*state,
                                   "images=images masks=masks test_share=0.5 patient=^(p.) "
                                   "empty_slices=skip intensity=percentile",
                                   failures);
        failed = allow_all_allocations();
        if (!failed)
            EXPECT_OK(&error, status);
        else if (status != NT_OK)
            assert_int_equal(status, NT_NO_MEMORY);
        clear();
        assert_int_equal(nt_alloc_in_use(), before);
    }
    assert_true(failures > 20);
    nt_threads_set(threads);
}

static nt_status read_volumes(const char *root, uint64_t *sum, nt_error *e) {
    return read_set("nifti", root, BOTH, sum, e);
}

static void broken_files_do_no_harm(void **state) {
    static const char *const names[] = {"a.nii", "a.nii.gz"};
    volume mask = usual_mask();
    for (int packed = 0; packed < 2; packed++) {
        char name[40];
        snprintf(name, sizeof name, "images/%s", names[packed]);
        const char *path = path_in(*state, name);
        write_pair(*state, names[packed], &usual_image, &mask);
        expect_truncations(&(specimen){names[packed], path, *state, 0, read_volumes});
        expect_mutations(&(specimen){names[packed], path, *state, 0, read_volumes});
        unlink(path);
        snprintf(name, sizeof name, "masks/%s", names[packed]);
        unlink(path_in(*state, name));
    }
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(types_orders_and_scaling),
        WITH_FOLDER(traits_are_counted),
        WITH_FOLDER(axes_are_cut),
        WITH_FOLDER(frames_are_volumes),
        WITH_FOLDER(intensities),
        WITH_FOLDER(percentiles_of_counts),
        WITH_FOLDER(sizes_differ),
        WITH_FOLDER(empty_slices_may_be_skipped),
        WITH_FOLDER(slices_are_read_again),
        WITH_FOLDER(changed_slices_are_seen),
        WITH_FOLDER(names_of_nnunet),
        WITH_FOLDER(names_of_acdc),
        WITH_FOLDER(pairs_must_fit),
        WITH_FOLDER(headers_are_checked),
        WITH_FOLDER(damaged_files),
        WITH_FOLDER(damaged_gzip),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(broken_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
