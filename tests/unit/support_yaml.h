/* Loading networks from texts. */
#ifndef SUPPORT_YAML_H
#define SUPPORT_YAML_H

#include "network_file.h"
#include "support_lua.h"

#include <string.h>

#define HEAD "version: 1\ngraph: net\ninput: [3, 8, 8]\n"

nt_network *load_with(const char *text, const nt_setting *settings, int count);

nt_network *load(const char *text);

/* "name: op(inputs)" of each layer, then the outputs. An input is named as the first layer of its
 * value is. */
void describe(const nt_network *network, nt_text *text);

/* What the text expands to, from "nodes:" on, as nt_network_resolve writes it. */
void assert_expands_with(const char *text, const nt_setting *settings, int count,
                         const char *expected);

void assert_expands(const char *text, const char *expected);

void assert_refused_with(const char *text, const nt_setting *settings, int count,
                         const char *expected);

void assert_refused(const char *text, const char *expected);

#endif
