/* What must hold of a weights file that is read, whatever its format. */
#ifndef WEIGHTS_CHECKS_H
#define WEIGHTS_CHECKS_H

#include <stddef.h>
#include <stdint.h>

/* Reads the file as a format of this name, if it begins like one. Tensors lie within it, each as
 * large as its shape says; whatever is refused has one error. */
void check_weights(const char *path, const char *format);

/* Reads a small network's weights from it. */
void check_network_weights(const char *path);

#endif
