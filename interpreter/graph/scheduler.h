/* Runs a plan, node after node; each op spreads its own work over the threads. Nothing is allocated
 * while it runs. */
#ifndef NT_SCHEDULER_H
#define NT_SCHEDULER_H

#include "plan.h"

typedef struct nt_run nt_run;

/* Where the tensors of a graph's parameters are found by name: in `first` or else in `more`, which
 * may be NULL. */
typedef struct nt_binding {
    const nt_tensor *(*find)(const void *where, const char *name); /* NULL: there is no such one */
    const void *first, *more;
} nt_binding;

/* Allocates the slab and finds the tensor of every parameter. The plan and the tensors must outlive
 * the run. What the graph wants and the binding lacks is NT_FAILED. */
nt_status nt_run_new(const nt_plan *plan, nt_binding binding, nt_run **ret, nt_error *error);
void nt_run_free(nt_run *run);

/* To be called when the weights have changed: the fixed part runs again before the next batch. */
void nt_run_refresh(nt_run *run);

/* Chooses what random ops draw in the next batches: a training loop gives each step its own. */
void nt_run_set_draw(nt_run *run, uint64_t draw);

/* Takes an output that the plan hands over, of a run that is under way; its data are gone when the
 * call returns. It may use the threads (parallel.h). NULL: handed over to nobody. */
typedef void (*nt_run_take)(void *context, int32_t output, nt_tensor value);
void nt_run_set_take(nt_run *run, nt_run_take take, void *context);

/* What to feed an input with: `data` in our order (NHWC), not copied. */
typedef struct nt_feed {
    const char *name;
    const void *data;
} nt_feed;

/* Runs one batch of `count` samples, at most the plan's. Every input must be fed. */
nt_status nt_run_batch(nt_run *run, const nt_feed *feeds, int feed_count, int32_t count,
                       nt_error *error);

/* An output of the newest batch, by its position among the graph's outputs; valid until the next.
 * Not of those that are handed over, but to their taker. */
nt_tensor nt_run_output(const nt_run *run, int32_t i);

/* The samples of the batch that are under way: all of them, but in a stretch of the plan that takes
 * it in portions. */
typedef struct nt_portion {
    int32_t first, count, of;
} nt_portion;

nt_portion nt_run_portion(const nt_run *run);

/* Any value, for a watcher, of the portion that is under way: a value that others may overwrite is
 * whole only just after its node ran. */
nt_tensor nt_run_value(const nt_run *run, nt_value value);

/* Called before and after every node, once a portion, for `bench`; NULL switches it off. */
typedef void (*nt_run_watch)(void *context, int32_t node, bool done);
void nt_run_set_watch(nt_run *run, nt_run_watch watch, void *context);

#endif
