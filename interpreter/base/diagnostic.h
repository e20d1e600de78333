/* Located errors. A fallible function that has more to say than its status takes an `nt_error *`
 * and adds to it only when it fails. A loader goes on after an error and collects up to
 * NT_ERROR_LIMIT.
 *
 *     resnet34.yaml:14:33: error: conv2d has no attribute 'strde'; did you mean 'stride'?
 *        14 |   conv1: {op: conv2d, channels: 64, strde: 2}
 *           |                                     ^~~~~
 *       in block 'basic', expanded at resnet34.yaml:30:3
 *
 * An nt_error owns all that it shows; sources and trails may be freed before it. All of it may go
 * to a terminal: what comes from elsewhere, the source line too, is encoded as visible.h says, and
 * a message of more than NT_VISIBLE_MOST bytes loses its middle. */
#ifndef NT_DIAGNOSTIC_H
#define NT_DIAGNOSTIC_H

#include "arena.h"
#include "status.h"
#include "text.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { NT_ERROR_LIMIT = 20 };

/* A text file that locations point into. Owned by whoever loaded it. */
typedef struct nt_source {
    const char *path; /* as the user would write it */
    const char *text; /* UTF-8, terminated */
    size_t length;
} nt_source;

/* Where something was written, and the blocks that it was expanded from, innermost first. */
typedef struct nt_location {
    const nt_source *source; /* NULL: nowhere in particular */
    uint32_t line, column,
        width; /* from 1, column and width in code points; line 0: the whole file */
    const struct nt_trail *trail;
} nt_location;

typedef struct nt_trail {
    const char *what;     /* "in block 'basic'" */
    nt_location location; /* where it was asked for; its own trail leads on */
} nt_trail;

typedef struct nt_diagnostic {
    nt_status status;
    const char *where;   /* "file:line:column", "file: byte 123", "file" or "" */
    const char *message; /* one line, no full stop */
    const char *hint;    /* what to do, or NULL; printed after the message and "; " */
    const char *excerpt; /* source line, caret and trail, with line ends, or "" */
} nt_diagnostic;

typedef struct nt_error {
    nt_arena arena;
    nt_diagnostic items[NT_ERROR_LIMIT];
    int count;   /* items that are kept */
    int dropped; /* further errors, past the limit */
} nt_error;

void nt_error_init(nt_error *error);
void nt_error_finish(nt_error *error);

/* Each adds one diagnostic and returns `status`, so that a function can end with it. */
nt_status nt_error_at(nt_error *error, nt_status status, nt_location location, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
nt_status nt_error_in(nt_error *error, nt_status status, const char *path, int64_t offset,
                      const char *format, ...)
    __attribute__((format(printf, 5, 6))); /* offset < 0: the file as a whole */
nt_status nt_error_say(nt_error *error, nt_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives the newest diagnostic what to do about it. */
void nt_error_hint(nt_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names the nearest of `names` (NULL-terminated), if one is near: "did you mean 'stride'?" */
void nt_error_suggest(nt_error *error, const char *word, const char *const *names);

/* Appends what `from` holds, and empties it. */
void nt_error_move(nt_error *error, nt_error *from);

bool nt_error_full(const nt_error *error); /* further errors would be dropped */

/* Appends every diagnostic as shown above; colour adds terminal escapes. */
void nt_error_format(const nt_error *error, bool colour, nt_text *text);

/* The first diagnostic as one line, "file: message"; where there is none, the status's words. In
 * `arena`; NULL when out of memory. */
const char *nt_error_line(const nt_error *error, nt_status status, nt_arena *arena);

/* The nearest of `names` (NULL-terminated) to `word` by edit distance, or NULL if none is near. */
const char *nt_nearest(const char *word, const char *const *names);

#endif
