/* Convolutions to try out beneath the ops, at conv.h: random inputs in guarded memory, the result
 * in plain double precision, and runs in scratch memory of exactly the size that was asked for. */
#ifndef CONV_PROBLEM_H
#define CONV_PROBLEM_H

#include "conv.h"
#include <stdbool.h>
#include <stdint.h>

enum { CONV_PASSES = 3 };

/* Of the shapes that are drawn at random, tests take one in so many: sanitizers take their time. */
#if defined __SANITIZE_ADDRESS__
enum { CONV_ONE_IN = 5 };
#elif defined __has_feature
#if __has_feature(address_sanitizer)
enum { CONV_ONE_IN = 5 };
#else
enum { CONV_ONE_IN = 1 };
#endif
#else
enum { CONV_ONE_IN = 1 };
#endif

/* Floats that start out as NaN, or in [-1, 1), and end in a guard, which conv_array_free checks. */
typedef struct conv_array {
    float *v;
    int64_t count;
} conv_array;

conv_array conv_array_new(int64_t count);
conv_array conv_array_random(int64_t count, uint64_t seed);
void conv_array_free(conv_array a);

typedef struct conv_problem {
    nt_conv_shape shape;
    conv_array x, weight, bias, plus, dy;
} conv_problem;

conv_problem conv_problem_new(const nt_conv_shape *shape, uint64_t seed);
void conv_problem_free(conv_problem *p);

/* Sets the output's size from that of the input. */
void conv_shape_finish(nt_conv_shape *shape);
int64_t conv_result_count(const nt_conv_shape *shape, nt_conv_pass pass);
const char *conv_describe(const nt_conv_shape *shape); /* valid until the next call */

/* y with the bias, dx and dweight; each is the caller's to free(). */
void conv_reference(const conv_problem *p, double *ret[CONV_PASSES]);

/* The L2 norm of the difference, relative to that of what was wanted. */
double conv_error(conv_array got, const double *wanted);

/* The result of a pass; forward, the bias is added. */
conv_array conv_run(const conv_problem *p, nt_conv_pass pass);

/* Forward with any epilogue. `on_itself`: what is added lies in the result's own memory, which is
 * filled with p->plus beforehand. `kept`: in two halves, where the shape has them. The result's
 * moments, which are taken on the way, are held against those of the result. */
typedef struct conv_epilogue {
    bool bias, plus, on_itself, relu;
    nt_activation activation; /* without `relu` */
} conv_epilogue;
conv_array conv_run_epilogue(const conv_problem *p, const conv_epilogue *options, bool kept);

#endif
