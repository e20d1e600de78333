#include "train_count.h"

nt_train_count nt_train_count_of(const nt_run *run, const nt_step_graph *graph,
                                 const int32_t *labels) {
    nt_tensor logits = nt_run_output(run, graph->logits);
    int32_t classes = logits.type.shape.dim[0], ignored = graph->ignored;
    int64_t pixels = nt_shape_pixels(logits.type.shape);
    nt_train_count count = {0};
    for (int64_t i = 0; i < logits.count * pixels; i++) {
        const float *row = logits.f + i * classes;
        int32_t best = 0;
        if (ignored >= 0 && labels[i] == ignored)
            continue;
        for (int32_t c = 1; c < classes; c++)
            if (row[c] > row[best])
                best = c;
        count.counted++;
        count.correct += best == labels[i];
    }
    return count;
}
