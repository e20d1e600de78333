/* The signal. A tissue of proton density d gives d (1 - 2 exp(-TI / T1)) at inversion time TI after
 * a perfect inversion from rest; a pixel gives the mean over the nine places that are looked at in
 * it, times the coils' sensitivity. Each of the receiver's two channels adds Gaussian noise, and
 * the image is the magnitude: Rician (Gudbjartsson and Patz, MRM 34:910, 1995). */
#include "phantom.h"

#include <math.h>
#include <string.h>

static const double density[NT_TISSUES] = {
    [NT_AIR] = 0,           [NT_LUNG] = 0.12,    [NT_FAT] = 0.95,       [NT_MUSCLE] = 0.8,
    [NT_LIVER] = 0.8,       [NT_BONE] = 0.35,    [NT_BLOOD] = 1,        [NT_WALL] = 0.85,
    [NT_MYOCARDIUM] = 0.85, [NT_BLOOD_POOL] = 1, [NT_PAPILLARY] = 0.85,
};

enum { SUB = 3 }; /* places along each side of a pixel */

/* The coils lie on the chest: the nearer, the brighter. */
typedef struct coils {
    double x, y, reach; /* millimetres */
} coils;

static coils draw_coils(nt_random *random) {
    return (coils){.x = -60 + 120 * nt_random_uniform(random),
                   .y = -100 - 60 * nt_random_uniform(random),
                   .reach = 150 + 150 * nt_random_uniform(random)};
}

static double sensitivity(coils c, double x, double y) {
    double squared = (x - c.x) * (x - c.x) + (y - c.y) * (y - c.y);
    return 0.35 + 1.3 / (1 + squared / (c.reach * c.reach));
}

void nt_phantom_render(const nt_body *body, const nt_phantom_scan *scan, nt_random *random,
                       float *ret_image, unsigned char *ret_tissues) {
    double signal[NT_TISSUES];
    coils c = draw_coils(random);
    for (int t = 0; t < NT_TISSUES; t++)
        signal[t] = density[t] * (1 - 2 * exp(-scan->inversion_time / body->t1[t]));
    for (int32_t row = 0; row < scan->rows; row++)
        for (int32_t column = 0; column < scan->columns; column++) {
            double left = (column - scan->columns / 2.0) * scan->pixel - scan->right, sum = 0;
            double top = (row - scan->rows / 2.0) * scan->pixel - scan->down;
            int often[NT_TISSUES] = {0}, most = 0;
            for (int k = 0; k < SUB * SUB; k++) {
                double x = left + (k % SUB + 0.5) / SUB * scan->pixel;
                double y = top + (k / SUB + 0.5) / SUB * scan->pixel;
                nt_tissue tissue = nt_body_tissue(body, x, y);
                sum += signal[tissue];
                if (++often[tissue] > often[most])
                    most = (int)tissue;
            }
            double value = sum / (SUB * SUB) * sensitivity(c, left, top);
            double real = value + scan->noise * nt_random_normal(random);
            double imaginary = scan->noise * nt_random_normal(random);
            *ret_image++ = (float)sqrt(real * real + imaginary * imaginary);
            *ret_tissues++ = (unsigned char)most;
        }
}
