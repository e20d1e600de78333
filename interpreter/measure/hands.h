/* Who else evaluates: the hands beside this process, which gives them units and takes what they
 * find. What they are, and how they get what they need, is their maker's (suite/suite_crew.h): here
 * they are a few functions. Hand 0 is this process itself, which the maker need not serve. */
#ifndef NT_HANDS_H
#define NT_HANDS_H

#include "case_batch.h"

/* One unit for one hand. */
typedef struct nt_unit_order {
    int64_t graph; /* of the batch: the same number, the same graph, in all of a run */
    const nt_case_batch *batch;
    int32_t unit, first, count;
    const double *losses; /* per output: what the unit's are added to */
} nt_unit_order;

/* What became of it. Pointers are good until the next answer is taken. */
typedef struct nt_unit_answer {
    int hand;
    int32_t unit;
    nt_status status;
    const char *why;               /* unless NT_OK */
    const unsigned char *outcomes; /* per output and sample; `count` samples of `outputs` */
    const double *losses;          /* per output */
    int32_t outputs, count;
} nt_unit_answer;

struct nt_hands {
    void *context;
    int count;      /* this process among them */
    bool alone;     /* this process only hands out and takes */
    int64_t graphs; /* numbers given so far */
    nt_status (*give)(void *context, int hand, const nt_unit_order *order, nt_error *error);
    /* `*ret_came` false: there is no answer yet. NT_FAILED where the hands are lost. */
    nt_status (*take)(void *context, nt_unit_answer *ret, bool *ret_came, nt_error *error);
    void (*pause)(void *context); /* before looking again */
};

#endif
