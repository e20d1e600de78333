/* Three families of a group's tests: of no change, of a change within the margin, of one beyond. */
#include "judgement.h"

#include "alloc.h"

typedef struct family {
    size_t from, to; /* offsets in a judgement: of p values, and of these adjusted */
} family;

static const family families[] = {
    {offsetof(nt_judgement, p), offsetof(nt_judgement, p_holm)},
    {offsetof(nt_judgement, margin.inside), offsetof(nt_judgement, holm.inside)},
    {offsetof(nt_judgement, margin.outside), offsetof(nt_judgement, holm.outside)},
};

static double *number(nt_judgement *judgement, size_t offset) {
    return (double *)((char *)judgement + offset);
}

static nt_status adjust(const nt_judged *list, int32_t count, const family *of, double *p) {
    for (int32_t i = 0; i < count; i++)
        p[i] = *number(list[i].judgement, of->from);
    NT_TRY(nt_holm(p, count, p));
    for (int32_t i = 0; i < count; i++)
        *number(list[i].judgement, of->to) = p[i];
    return NT_OK;
}

nt_status nt_judge(const nt_judged *list, int32_t count) {
    size_t size = (size_t)count * sizeof(double) + 1;
    double *p = nt_alloc(size);
    nt_status status = p ? NT_OK : NT_NO_MEMORY;
    for (size_t f = 0; status == NT_OK && f < sizeof families / sizeof *families; f++)
        status = adjust(list, count, &families[f], p);
    nt_free(p, size);
    for (int32_t i = 0; status == NT_OK && i < count; i++)
        list[i].judgement->verdict =
            nt_verdict_of(list[i].judgement->holm, list[i].change, NT_ALPHA);
    return status;
}
