/* What must hold of a graph file that loads, however odd it is. */
#ifndef NETWORK_CHECKS_H
#define NETWORK_CHECKS_H

#include <stddef.h>
#include <stdint.h>

/* Loads the text. The graph is sound, and both forms in which it can be written load as the same
 * graph; whatever is refused says why; nothing is left behind. Returns whether it loads. */
int check_network(const char *text, size_t length);

extern const char *const network_words[], *const network_lines[]; /* of the language */

#endif
