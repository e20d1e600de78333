/* The program itself, but that some of its units fail: with
 *
 *     NONTRIVIAL_FAILS="two 1000"
 *
 * a graph without a convolution `two` can't be evaluated where image 1000 is the first one, on no
 * rank and at no attempt. With --one-by-one that is one shard of the case that removes the layer.
 * The linker puts the functions here in place of the measuring's own (--wrap). What
 * tests/cli/failing.py starts; not a test by itself. */
#include "evaluation.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, NAME = 64 };

static const nt_evaluator *failing[MOST]; /* those of such graphs */
static int failing_count;

nt_status __real_nt_evaluator_new(const nt_graph *graph, const nt_weights *weights,
                                  const nt_weights *more, const nt_loader *loader,
                                  const nt_evaluation *evaluation, nt_evaluator **ret,
                                  nt_error *error);
nt_status __wrap_nt_evaluator_new(const nt_graph *graph, const nt_weights *weights,
                                  const nt_weights *more, const nt_loader *loader,
                                  const nt_evaluation *evaluation, nt_evaluator **ret,
                                  nt_error *error);
nt_status __real_nt_evaluator_run(nt_evaluator *evaluator, int32_t first, int32_t count,
                                  unsigned char *ret_outcomes, double *losses, float *ret_logits,
                                  nt_error *error);
nt_status __wrap_nt_evaluator_run(nt_evaluator *evaluator, int32_t first, int32_t count,
                                  unsigned char *ret_outcomes, double *losses, float *ret_logits,
                                  nt_error *error);

/* The layer and the first image that are asked for. */
static bool read_request(char name[NAME], int32_t *ret_first) {
    const char *request = getenv("NONTRIVIAL_FAILS");
    size_t length = request ? strcspn(request, " ") : 0;
    if (length == 0 || length >= NAME)
        return false;
    memcpy(name, request, length);
    name[length] = '\0';
    *ret_first = atoi(request + length);
    return true;
}

static bool has_convolution(const nt_graph *graph, const char *name) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (strcmp(node->op->kind.name, "conv2d") == 0 && strcmp(node->name, name) == 0)
            return true;
    }
    return false;
}

static int find(const nt_evaluator *evaluator) {
    int i = 0;
    while (i < failing_count && failing[i] != evaluator)
        i++;
    return i;
}

nt_status __wrap_nt_evaluator_new(const nt_graph *graph, const nt_weights *weights,
                                  const nt_weights *more, const nt_loader *loader,
                                  const nt_evaluation *evaluation, nt_evaluator **ret,
                                  nt_error *error) {
    char name[NAME];
    int32_t first;
    NT_TRY(__real_nt_evaluator_new(graph, weights, more, loader, evaluation, ret, error));
    int i = find(*ret);
    if (i < failing_count) /* the memory of an earlier one */
        failing[i] = failing[--failing_count];
    if (failing_count < MOST && read_request(name, &first) && !has_convolution(graph, name))
        failing[failing_count++] = *ret;
    return NT_OK;
}

nt_status __wrap_nt_evaluator_run(nt_evaluator *evaluator, int32_t first, int32_t count,
                                  unsigned char *ret_outcomes, double *losses, float *ret_logits,
                                  nt_error *error) {
    char name[NAME];
    int32_t failing_from;
    if (find(evaluator) < failing_count && read_request(name, &failing_from) &&
        first == failing_from)
        return nt_error_in(error, NT_IO, "images", -1, "cannot read: made to fail");
    return __real_nt_evaluator_run(evaluator, first, count, ret_outcomes, losses, ret_logits,
                                   error);
}
