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

static nt_status adjust(nt_judgement *const *judgements, int32_t count, const family *of,
                        double *p) {
    for (int32_t i = 0; i < count; i++)
        p[i] = *number(judgements[i], of->from);
    NT_TRY(nt_holm(p, count, p));
    for (int32_t i = 0; i < count; i++)
        *number(judgements[i], of->to) = p[i];
    return NT_OK;
}

nt_status nt_judge(nt_judgement *const *judgements, const double *changes, int32_t count) {
    size_t size = (size_t)count * sizeof(double) + 1;
    double *p = nt_alloc(size);
    nt_status status = p ? NT_OK : NT_NO_MEMORY;
    for (size_t f = 0; status == NT_OK && f < sizeof families / sizeof *families; f++)
        status = adjust(judgements, count, &families[f], p);
    nt_free(p, size);
    for (int32_t i = 0; status == NT_OK && i < count; i++)
        judgements[i]->verdict = nt_verdict_of(judgements[i]->holm, changes[i], NT_ALPHA);
    return status;
}

nt_status nt_recipes_judge(nt_recipe_finding *const *recipes, int32_t count) {
    size_t pointers = (size_t)count * sizeof(nt_judgement *) + 1;
    size_t numbers = (size_t)count * sizeof(double) + 1;
    nt_judgement **judgements = nt_alloc(pointers);
    double *changes = nt_alloc(numbers);
    nt_status status = judgements && changes ? NT_OK : NT_NO_MEMORY;
    for (int32_t i = 0; status == NT_OK && i < count; i++) {
        judgements[i] = &recipes[i]->judgement;
        changes[i] = recipes[i]->recipe.change;
    }
    if (status == NT_OK)
        status = nt_judge(judgements, changes, count);
    nt_free(judgements, pointers);
    nt_free(changes, numbers);
    return status;
}
