/* Cardiac phantoms: short-axis slices through a made-up chest, as an inversion-recovery sequence
 * would show them. A body is a function from places to tissues, drawn for each patient; an image is
 * the magnitude of the signal of the tissues in each pixel, with the shading of the coils and
 * noise.
 *
 * Places are millimetres from the middle of the left ventricle: right is the patient's left, down
 * is towards the back. */
#ifndef NT_PHANTOM_H
#define NT_PHANTOM_H

#include "random.h"
#include "tensor.h"

typedef enum nt_tissue {
    NT_AIR,
    NT_LUNG,
    NT_FAT,
    NT_MUSCLE,
    NT_LIVER,
    NT_BONE,
    NT_BLOOD,      /* outside the left ventricle */
    NT_WALL,       /* of the right ventricle */
    NT_MYOCARDIUM, /* of the left ventricle */
    NT_BLOOD_POOL, /* of the left ventricle, without the papillary muscles */
    NT_PAPILLARY,
    NT_TISSUES
} nt_tissue;

enum { NT_PHANTOM_WAVES = 3 };

/* A closed curve about a middle: its radius is `radius` times one plus a few waves around it. */
typedef struct nt_contour {
    double radius;
    double cosine[NT_PHANTOM_WAVES], sine[NT_PHANTOM_WAVES]; /* of 2, 3 and 4 times the angle */
} nt_contour;

typedef struct nt_ellipse {
    double x, y, width, height; /* middle and half axes */
    double turn;                /* radians */
} nt_ellipse;

/* One slice of one patient. */
typedef struct nt_body {
    nt_contour inner, outer; /* of the left ventricle's wall */
    nt_ellipse papillary[2];
    nt_ellipse right_ventricle, pericardium, chest, spine, aorta, liver;
    double wall, fat, muscle; /* thickness of the right ventricle's wall, of the chest's layers */
    double t1[NT_TISSUES];    /* milliseconds */
} nt_body;

/* Draws a slice: `depth` goes from 0, near the valves, to 1, near the apex. All slices of a patient
 * begin from equal `random`s. */
void nt_body_draw(nt_body *ret, nt_random *random, double depth);

nt_tissue nt_body_tissue(const nt_body *body, double x, double y);

/* How an image is taken. */
typedef struct nt_phantom_scan {
    int32_t rows, columns;
    double pixel;          /* millimetres */
    double inversion_time; /* milliseconds */
    double noise;          /* deviation of each of the two channels; fully relaxed blood gives 1 */
    double down, right;    /* where the body has moved to, in millimetres */
} nt_phantom_scan;

/* Renders rows x columns magnitudes and tissues: of the nine places that are looked at in a pixel,
 * the tissue of most of them. `random` gives coils and noise. */
void nt_phantom_render(const nt_body *body, const nt_phantom_scan *scan, nt_random *random,
                       float *ret_image, unsigned char *ret_tissues);

#endif
