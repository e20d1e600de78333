/* Reading typed values out of a tree. Every function reports what is wrong where it stands and
 * returns NT_INVALID; the caller may go on with the next value, to find further errors.
 *
 * `${…}` is expanded in every scalar value, and may give a list where one is welcome. A scalar that
 * reads an unknown variable (one whose own error has been reported) is itself unknown: it reads as
 * NT_OK, and `unknown` of the reader counts it; the result then must not be used. */
#ifndef NT_READER_H
#define NT_READER_H

#include "document.h"
#include "expression.h"
#include "kind.h"

typedef struct nt_reader {
    nt_arena *arena; /* of what is read */
    nt_error *error;
    nt_sandbox *sandbox;           /* NULL: a `$` is just a character */
    const nt_variables *variables; /* needed with a sandbox */
    const nt_trail *trail;         /* what the tree is being expanded from, or NULL */
    int unknown;
} nt_reader;

/* The location of a node with the reader's trail. */
nt_location nt_reader_location(const nt_reader *reader, const nt_yaml *node);

/* Adds a diagnostic at a node; returns NT_INVALID, or NT_NO_MEMORY for the second unless it is the
 * budget that has run out. */
nt_status nt_reader_say(const nt_reader *reader, const nt_yaml *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
nt_status nt_reader_no_memory(const nt_reader *reader);

/* Takes steps from the budget of the reader's arena, if it has one, and lets it know that the node
 * is being read. NT_INVALID where it is spent, which has then been said. */
nt_status nt_reader_charge(const nt_reader *reader, const nt_yaml *node, int64_t steps);

/* As many steps as it takes to look at each byte of a scalar a few times. */
nt_status nt_reader_charge_text(const nt_reader *reader, const nt_yaml *scalar);

/* `what` names the value in messages: "the width must be a map, not a list". */
nt_status nt_read_map(const nt_reader *reader, const nt_yaml *node, const char *what);
nt_status nt_read_list(const nt_reader *reader, const nt_yaml *node, const char *what);
nt_status nt_read_single(const nt_reader *reader, const nt_yaml *node, const char *what);

/* Every key must be among `allowed` (NULL-terminated): otherwise "`what` has no key 'x'; did you
 * mean 'y'?" for each that is not. */
nt_status nt_read_keys(const nt_reader *reader, const nt_yaml *map, const char *what,
                       const char *const *allowed);

/* Whether one of the keys that are not among `allowed` was suggested to be `key`: then that it is
 * lacking is the same mistake. */
bool nt_read_means(const nt_yaml *map, const char *key, const char *const *allowed);

/* A value of any kind, as an expression sees it: what is written as a map or a list holds values in
 * turn. UNKNOWN if any part of it is. */
nt_status nt_read_value(nt_reader *reader, const nt_yaml *node, const char *what, nt_scalar *ret);

/* What stands for a node that may be a list: the node itself, or where it is an expression its
 * value as a tree, so that `$widths` reads as [16, 24] would. An unknown one is counted, and is an
 * empty text. */
nt_status nt_read_tree(nt_reader *reader, const nt_yaml *node, const char *what,
                       const nt_yaml **ret);

/* A scalar with its own type: quoted texts stay texts, other words read as nt_scalar_read reads
 * them. Nothing written is an error. */
nt_status nt_read_scalar(nt_reader *reader, const nt_yaml *node, const char *what, nt_scalar *ret);

/* A scalar as text: what a field table or a name wants. */
nt_status nt_read_text(nt_reader *reader, const nt_yaml *node, const char *what, const char **ret);

/* What stands in tables, file names and results: one line of visible characters (visible.h), of up
 * to NT_MOST_LINE bytes. The first checks a text that was read already, of a key or a value. */
enum { NT_MOST_LINE = 4096, NT_MOST_KEY = 200 /* of what is a key and a file's name, too */ };
nt_status nt_check_line(const nt_reader *reader, const nt_yaml *node, const char *what,
                        const char *text, size_t most);
nt_status nt_read_line(nt_reader *reader, const nt_yaml *node, const char *what, const char **ret);
nt_status nt_read_integer(nt_reader *reader, const nt_yaml *node, const char *what, int64_t min,
                          int64_t max, int64_t *ret);
nt_status nt_read_real(nt_reader *reader, const nt_yaml *node, const char *what, double *ret);
nt_status nt_read_bool(nt_reader *reader, const nt_yaml *node, const char *what, bool *ret);

/* One text, or a list of them; the array ends with NULL. */
nt_status nt_read_texts(nt_reader *reader, const nt_yaml *node, const char *what,
                        const char *const **ret, int *ret_count);

/* Fills a record from a map: defaults first, then what the map says. Keys among `also`
 * (NULL-terminated, or NULL) are the caller's business. `what` is whose fields they are and `noun`
 * what one is called: "conv2d has no attribute 'strde'", "conv2d lacks 'channels'" (reported at
 * `at`). */
nt_status nt_read_fields(nt_reader *reader, const nt_yaml *map, const nt_yaml *at, const char *what,
                         const char *noun, const nt_field *fields, const char *const *also,
                         void *record);

/* The same for a new record of a kind, in the reader's arena. */
nt_status nt_read_record(nt_reader *reader, const nt_yaml *map, const nt_yaml *at,
                         const nt_kind *kind, const char *noun, const char *const *also,
                         void **ret);

#endif
