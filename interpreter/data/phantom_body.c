/* The anatomy. Sizes are those of textbooks, in round numbers; native T1 at 1.5 T, in milliseconds,
 * mean and deviation over patients, as these papers are cited for them (not checked against the
 * print):
 *
 *     myocardium, right ventricle's wall  962, 25    Piechnik et al., JCMR 15:13, 2013 (ShMOLLI)
 *     blood                              1441, 70    Stanisz et al., MRM 54:507, 2005 (there 120)
 *     skeletal muscle, liver       1008, 20; 576, 30 the same
 *     fat                                 343, 37    de Bazelaire et al., Radiology 230:652, 2004
 *     lung, marrow of the spine          1200, 500   round numbers; they give little signal
 */
#include "phantom.h"

#include <math.h>

static const struct {
    double mean, deviation;
} t1[NT_TISSUES] = {
    [NT_AIR] = {1000, 0},         [NT_LUNG] = {1200, 50},     [NT_FAT] = {343, 37},
    [NT_MUSCLE] = {1008, 20},     [NT_LIVER] = {576, 30},     [NT_BONE] = {500, 30},
    [NT_BLOOD] = {1441, 70},      [NT_WALL] = {962, 25},      [NT_MYOCARDIUM] = {962, 25},
    [NT_BLOOD_POOL] = {1441, 70}, [NT_PAPILLARY] = {962, 25},
};

static double between(nt_random *random, double least, double most) {
    return least + (most - least) * nt_random_uniform(random);
}

/* Blood is blood and heart muscle is heart muscle, wherever it is. */
static void draw_t1(nt_body *body, nt_random *random) {
    for (int t = 0; t < NT_TISSUES; t++)
        body->t1[t] = t1[t].mean + t1[t].deviation * nt_random_normal(random);
    body->t1[NT_BLOOD_POOL] = body->t1[NT_BLOOD];
    body->t1[NT_WALL] = body->t1[NT_PAPILLARY] = body->t1[NT_MYOCARDIUM];
}

static void draw_waves(nt_contour *contour, nt_random *random, double size) {
    for (int k = 0; k < NT_PHANTOM_WAVES; k++) {
        contour->cosine[k] = size / (k + 1) * nt_random_normal(random);
        contour->sine[k] = size / (k + 1) * nt_random_normal(random);
    }
}

/* The wall's outer contour follows the inner one, with waves of its own: the wall is thicker here
 * and thinner there. */
static void draw_ventricle(nt_body *body, nt_random *random, double depth) {
    double base = between(random, 19, 29), wall = between(random, 7, 13);
    double shrink = sqrt(1 - 0.75 * depth * depth);
    body->inner.radius = base * shrink;
    draw_waves(&body->inner, random, 0.04);
    body->outer = body->inner;
    body->outer.radius = body->inner.radius + wall * (1 - 0.25 * depth);
    nt_contour own = {0};
    draw_waves(&own, random, 0.02);
    for (int k = 0; k < NT_PHANTOM_WAVES; k++) {
        double follow = body->inner.radius / body->outer.radius;
        body->outer.cosine[k] = follow * body->inner.cosine[k] + own.cosine[k];
        body->outer.sine[k] = follow * body->inner.sine[k] + own.sine[k];
    }
    for (int k = 0; k < 2; k++) {
        double angle = (k ? 2.4 : 0.7) + between(random, -0.3, 0.3);
        double away = body->inner.radius * between(random, 0.55, 0.75);
        double size = body->inner.radius * between(random, 0.12, 0.2);
        body->papillary[k] = (nt_ellipse){away * cos(angle), away * sin(angle), size,
                                          size * between(random, 0.7, 1.3), angle};
    }
}

static void draw_surroundings(nt_body *body, nt_random *random, double depth) {
    double outer = body->outer.radius, shrink = 1 - 0.45 * depth;
    body->right_ventricle =
        (nt_ellipse){-outer - between(random, 2, 10) * shrink, between(random, -12, 4),
                     between(random, 24, 32) * shrink, between(random, 34, 46) * shrink,
                     between(random, -0.5, 0.1)};
    body->wall = between(random, 2.5, 4);
    body->pericardium = (nt_ellipse){-0.5 * outer, -3, 1.5 * outer + 6, 1.2 * outer + 9,
                                     between(random, -0.4, 0.1)};
    body->chest =
        (nt_ellipse){between(random, -45, -20), between(random, 20, 40), between(random, 120, 145),
                     between(random, 90, 110), between(random, -0.1, 0.1)};
    body->fat = between(random, 5, 22);
    body->muscle = between(random, 8, 16);
    body->liver =
        (nt_ellipse){between(random, -75, -35), between(random, 88, 112), between(random, 70, 100),
                     between(random, 42, 60), between(random, -0.4, 0.1)};
    body->spine = (nt_ellipse){between(random, -60, -35), between(random, 82, 100), 18, 15, 0};
    body->aorta = (nt_ellipse){between(random, -22, 5), between(random, 66, 84),
                               between(random, 9, 13), between(random, 9, 13), 0};
}

void nt_body_draw(nt_body *ret, nt_random *random, double depth) {
    draw_t1(ret, random);
    draw_ventricle(ret, random, depth);
    draw_surroundings(ret, random, depth);
}

/* --- where things are ------------------------------------------------------------------------- */

/* Below 1 inside; `more` millimetres are added to the half axes. */
static double within(const nt_ellipse *e, double x, double y, double more) {
    double right = x - e->x, down = y - e->y, c = cos(e->turn), s = sin(e->turn);
    double a = (c * right + s * down) / (e->width + more);
    double b = (c * down - s * right) / (e->height + more);
    return a * a + b * b;
}

static double radius_at(const nt_contour *contour, double cosine, double sine) {
    double c = cosine, s = sine, radius = 1; /* of k times the angle, by the addition theorems */
    for (int k = 0; k < NT_PHANTOM_WAVES; k++) {
        double next = c * cosine - s * sine;
        s = s * cosine + c * sine;
        c = next;
        radius += contour->cosine[k] * c + contour->sine[k] * s;
    }
    return contour->radius * radius;
}

static nt_tissue in_chest(const nt_body *body, double x, double y) {
    if (within(&body->chest, x, y, 0) >= 1)
        return NT_AIR;
    if (within(&body->chest, x, y, -body->fat) >= 1)
        return NT_FAT;
    if (within(&body->chest, x, y, -body->fat - body->muscle) >= 1)
        return NT_MUSCLE;
    if (within(&body->spine, x, y, 0) < 1)
        return NT_BONE;
    if (within(&body->aorta, x, y, 0) < 1)
        return NT_BLOOD;
    return within(&body->liver, x, y, 0) < 1 ? NT_LIVER : NT_LUNG;
}

nt_tissue nt_body_tissue(const nt_body *body, double x, double y) {
    double away = sqrt(x * x + y * y);
    if (away < 1.5 * body->outer.radius) {
        double cosine = away > 0 ? x / away : 1, sine = away > 0 ? y / away : 0;
        if (away < radius_at(&body->inner, cosine, sine)) {
            bool papillary = within(&body->papillary[0], x, y, 0) < 1 ||
                             within(&body->papillary[1], x, y, 0) < 1;
            return papillary ? NT_PAPILLARY : NT_BLOOD_POOL;
        }
        if (away < radius_at(&body->outer, cosine, sine))
            return NT_MYOCARDIUM;
    }
    if (within(&body->right_ventricle, x, y, -body->wall) < 1)
        return NT_BLOOD;
    if (within(&body->right_ventricle, x, y, 0) < 1)
        return NT_WALL;
    nt_tissue around = in_chest(body, x, y);
    return around == NT_LUNG && within(&body->pericardium, x, y, 0) < 1 ? NT_FAT : around;
}
