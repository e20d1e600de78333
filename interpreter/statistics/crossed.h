/* What several trainings by one recipe, which differ in their seed alone, say together of a case:
 * the claim is then about the recipe and about new samples, no longer about one network and these
 * samples. Seeds and samples are crossed, as readers and cases are in a reading study: each seed's
 * network is measured on the same samples.
 *
 * With d[s][i] the paired change of sample i with seed s, the mean over both has the variance
 *
 *     error^2 = spread of the seeds' means / seeds + variance of the samples' means over the seeds
 *
 * as in reading studies (Obuchowski and Rockette, Commun. Statist. Simul. 24, 1995), but simpler:
 * what seeds and samples only do together is counted in both, so that it errs to the safe side. Its
 * degrees of freedom are Satterthwaite's: close to seeds - 1 where samples are many. */
#ifndef NT_CROSSED_H
#define NT_CROSSED_H

#include "statistics.h"

enum { NT_CROSSED_DRAWS = 1000, NT_CROSSED_MOST_SEEDS = 1000 };

typedef struct nt_crossed_data {
    const double *const *changes; /* of each seed, [samples]; NaN: left out with this seed */
    int32_t seeds, samples;
    const int32_t *clusters; /* [samples], or NULL: each its own */
    double margin, alpha;    /* what is wanted of the seeds */
    int32_t draws;
} nt_crossed_data;

typedef struct nt_crossed {
    int32_t seeds;     /* 0: fewer than two, and nothing below holds */
    double change;     /* mean of the seeds' means */
    double error;      /* its standard error, of new seeds and new samples */
    double freedom;    /* of t */
    nt_interval drawn; /* 95 %, by drawing seeds and clusters both: of few seeds too short, since
                        * so few can't be far apart */
    int32_t same_sign; /* seeds whose change has the sign of the mean */
    int32_t
        wanted; /* seeds with which, were all else as it is, the mean would be shown to lie
                 * within the margin, or beyond it, at alpha; 0: more than NT_CROSSED_MOST_SEEDS */
} nt_crossed;

/* NT_NO_MEMORY or NT_OK. */
nt_status nt_crossed_init(nt_crossed *crossed, const nt_crossed_data *data);

/* Of the mean change, by t; NaN without seeds. */
nt_interval nt_crossed_interval(const nt_crossed *crossed, double confidence);
double nt_crossed_p(const nt_crossed *crossed);
nt_margin_test nt_crossed_margin(const nt_crossed *crossed, double margin);

/* What the mean of Kendall's tau-b over pairs of seeds says of them: they "agree on the order of
 * the cases", from 0.8 on, "agree in part on ...", from 0.4 on, or "do not agree on ...". */
const char *nt_agreement_words(double tau);

#endif
