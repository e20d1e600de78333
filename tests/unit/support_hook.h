/* For the tests of hooks: networks, scripts in files of their own, and cases as text. */
#ifndef SUPPORT_HOOK_H
#define SUPPORT_HOOK_H

#include "hook.h"
#include "network_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOOK(body) "return function(net, options)\n" body "\nend"

nt_network *load_path(const char *path);

nt_network *load(const char *graph);

enum { PATH_SIZE = 64 };

void write_file(const char *text, char ret_path[PATH_SIZE]);

nt_hook_option text_option(const char *name, nt_scalar *scalar, const char *text);

/* What a case does, each edit after a space: a zeroed layer's name, or "noise(0.1,7)=fc". */
void add_edits(nt_text *text, const nt_network *network, const nt_case *item);

/* "name: edits" a line, and the remark in parentheses. */
void add_cases(nt_text *text, const nt_network *network, const nt_cases *cases);

/* Runs the script at `path`: its cases as text, or its diagnostics. */
nt_status run_path(const char *path, const nt_network *network, const nt_hook_option *options,
                   int count, nt_text *ret);

nt_status run_text(const char *script, const nt_network *network, nt_text *ret);

/* The script's cases are exactly these. */
void assert_cases(const nt_network *network, const char *script, const char *expected);

/* The script is invalid, with `expected` in the diagnostics. */
void assert_invalid(const nt_network *network, const char *script, const char *expected);

/* Runs the shipped script `hook` with one option (NULL: none) and compares its cases. */
void assert_shipped(const char *graph, const char *hook, const char *name, const char *value,
                    const char *expected);

#endif
