#include "rank_sum.h"

#include "alloc.h"
#include "parallel.h"
#include "rank_wait.h"

enum { BUCKET = 1 << 20 /* floats */, JOB = 1 << 15 };

typedef struct bucket {
    int64_t from, count;
    nt_dist_exchange *exchange; /* under way; NULL: none is */
    int with;                   /* the distance of the rank that it is with: 1, 2, 4, … */
} bucket;

struct nt_rank_sum {
    nt_spread spread;
    int64_t size;
    float *row;    /* the caller's */
    float *theirs; /* what comes; NULL: MPI adds */
    bucket *buckets;
    int count;       /* of buckets; */
    int begun, done; /* of them, the first ones */
    nt_status status;
};

nt_status nt_rank_sum_new(nt_spread spread, int64_t size, nt_rank_sum **ret, nt_error *error) {
    nt_rank_sum *sum = nt_alloc_zero(sizeof *sum);
    if (!sum)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    sum->spread = spread;
    sum->size = size;
    sum->count = (int)((size + BUCKET - 1) / BUCKET);
    sum->buckets = nt_alloc_zero((size_t)sum->count * sizeof *sum->buckets);
    if (!spread.any_order)
        sum->theirs = nt_alloc((size_t)size * sizeof *sum->theirs);
    if (!sum->buckets || (!spread.any_order && !sum->theirs)) {
        nt_rank_sum_free(sum);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the gradients of other ranks");
    }
    for (int b = 0; b < sum->count; b++) {
        int64_t from = (int64_t)b * BUCKET;
        sum->buckets[b].from = from;
        sum->buckets[b].count = size - from < BUCKET ? size - from : BUCKET;
    }
    *ret = sum;
    return NT_OK;
}

bool nt_rank_sum_given_up(const nt_rank_sum *sum) {
    return sum->done < sum->begun;
}

void nt_rank_sum_free(nt_rank_sum *sum) {
    if (!sum)
        return;
    if (!nt_rank_sum_given_up(sum)) /* else MPI has it */
        nt_free(sum->theirs, (size_t)sum->size * sizeof *sum->theirs);
    nt_free(sum->buckets, (size_t)sum->count * sizeof *sum->buckets);
    nt_free(sum, sizeof *sum);
}

/* --- a bucket's way --------------------------------------------------------------------------- */

static void begin(nt_rank_sum *sum, bucket *b) {
    int tag = (int)(b - sum->buckets) % NT_RANK_TAG_OTHERS;
    if (sum->spread.any_order)
        sum->status = nt_dist_sum(sum->row + b->from, b->count, &b->exchange);
    else
        sum->status = nt_dist_swap(nt_dist_rank() ^ b->with, tag, sum->row + b->from,
                                   sum->theirs + b->from, b->count, &b->exchange);
}

typedef struct adding {
    float *to;
    const float *from;
    int64_t count;
} adding;

static void add_job(const void *context, int job, int worker) {
    const adding *a = context;
    int64_t from = (int64_t)job * JOB, to = a->count - from < JOB ? a->count : from + JOB;
    (void)worker;
    for (int64_t i = from; i < to; i++)
        a->to[i] += a->from[i];
}

/* What its exchange has brought joins it, and the next one begins. */
static void go_on(nt_rank_sum *sum, bucket *b) {
    if (sum->spread.any_order) {
        b->with = sum->spread.ranks;
        return;
    }
    const adding a = {sum->row + b->from, sum->theirs + b->from, b->count};
    nt_parallel((int)((b->count + JOB - 1) / JOB), add_job, &a);
    b->with *= 2;
    if (b->with < sum->spread.ranks)
        begin(sum, b);
}

static bool is_done(const nt_rank_sum *sum, const bucket *b) {
    return b->with >= sum->spread.ranks;
}

/* --- all of them ------------------------------------------------------------------------------ */

void nt_rank_sum_begin(nt_rank_sum *sum, float *row) {
    sum->row = row;
    sum->begun = sum->done = 0;
    sum->status = NT_OK;
}

static void push(nt_rank_sum *sum) {
    for (int i = sum->done; i < sum->begun && sum->status == NT_OK; i++) {
        bucket *b = &sum->buckets[i];
        if (!is_done(sum, b) && nt_dist_done(&b->exchange))
            go_on(sum, b);
    }
    while (sum->done < sum->begun && is_done(sum, &sum->buckets[sum->done]))
        sum->done++;
}

void nt_rank_sum_advance(nt_rank_sum *sum, int64_t count) {
    while (sum->begun < sum->count && sum->status == NT_OK) {
        bucket *b = &sum->buckets[sum->begun];
        if (b->from + b->count > count)
            break;
        b->with = 1;
        begin(sum, b);
        sum->begun++;
    }
    push(sum);
}

/* Whichever is done goes on, while the first that isn't is waited for. */
nt_status nt_rank_sum_end(nt_rank_sum *sum, nt_error *error) {
    nt_rank_sum_advance(sum, sum->size);
    while (sum->status == NT_OK && sum->done < sum->count) {
        NT_TRY(nt_rank_look(error));
        int before = sum->done;
        push(sum);
        if (sum->done == before)
            nt_dist_pause();
    }
    return sum->status == NT_OK ? NT_OK : nt_error_say(error, sum->status, "out of memory");
}
