/* Small networks built by hand, and what the tests of graphs do with them. */
#ifndef SUPPORT_GRAPH_H
#define SUPPORT_GRAPH_H

#include "alloc.h"
#include "attrs.h"
#include "edit.h"
#include "network.h"
#include "passes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- a small residual network, built by hand -------------------------------------------------- */

nt_value append(nt_network *network, const char *op_name, const char *attributes,
                const nt_value *in, int count, const char *name);

/* conv1 (with a bias) - bn1 - relu, then a unit with two convolutions and a projection, then fc. */
nt_network *small_network(void);

/* Down, and up again by two transposed convolutions, each with a normalisation after it, next to
 * what went down. */
nt_network *decoder_network(void);

/* Two units behind a stem: a, b and c in series in the branch of the first, d and e with a
 * normalisation after it in that of the second; no convolution of theirs has a bias. */
nt_network *series_network(void);

nt_graph *passed(const nt_graph *graph, const nt_pass_options *options);

/* What one pass makes of a graph. */
nt_graph *pass_once(const char *name, const nt_graph *graph, const nt_pass_options *options);

/* The network as it is evaluated, batch normalisation folded, and then one more pass. */
nt_graph *through(const nt_graph *graph, const char *last);

void assert_dump(const nt_graph *graph, const char *expected);

/* The graph with these nodes' kernels zero. */
nt_status edit_zero(const nt_graph *from, const int32_t *nodes, int count, nt_graph **ret);

void assert_dump_has(const nt_graph *graph, const char *const *parts, size_t count);

#endif
