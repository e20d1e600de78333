/* The network's window at a random place of the image in place of its middle; nothing is padded. */
#include "augment.h"

typedef struct window_options {
    int32_t reach[2];
} window_options;

static const nt_field fields[] = {
    {"reach", NT_PAIR, offsetof(window_options, reach), "0", 0, 1 << 14,
     .doc = "rows and columns that it lies off the middle at most; 0: as far as the image reaches"},
    {0},
};

/* How far the window may move before it leaves the image, from its middle place: down to the first
 * number, up to the second. */
static int32_t draw(nt_random *random, int32_t whole, int32_t window, int32_t reach) {
    int32_t before = (whole - window) / 2, after = whole - window - before;
    if (reach > 0 && reach < before)
        before = reach;
    if (reach > 0 && reach < after)
        after = reach;
    return (int32_t)nt_random_below(random, (uint32_t)(before + after) + 1) - before;
}

static void apply(const nt_augment_call *call) {
    const window_options *o = call->options;
    int32_t down = draw(call->random, call->shape.dim[1], call->window[0], o->reach[0]);
    int32_t right = draw(call->random, call->shape.dim[2], call->window[1], o->reach[1]);
    nt_augment_shift(call, down, right);
}

const nt_augment nt_augment_random_window = {
    .kind = {.name = "random_window",
             .doc = "the network's window at a random place of the image, not in its middle",
             .fields = fields,
             .size = sizeof(window_options)},
    .apply = apply,
};
