/* Standard output and standard error. Data goes to the former through nt_print; whether all of it
 * arrived is known at the end, by nt_print_finish, and a command that failed to print has failed.
 */
#ifndef NT_CONSOLE_H
#define NT_CONSOLE_H

#include "diagnostic.h"
#include "status.h"
#include "table.h"
#include "text.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Makes both safe to use: a stream that the caller closed can't be taken over by a file that is
 * opened later, and writing to a closed pipe is an error, not a signal. Once, before anything else.
 */
void nt_console_init(void);

void nt_console_mute(void); /* from now on nothing is shown, on neither of them */
bool nt_console_muted(void);

/* Whether to colour what goes to `stream`: a terminal, and no NO_COLOR (no-color.org) forbids it.
 */
bool nt_console_colour(FILE *stream);
bool nt_console_terminal(FILE *stream);

/* Columns of the terminal that `stream` is, as they are now, or its lines; 80 and 24 where it
 * doesn't say; 0 where it is none. */
int nt_console_width(FILE *stream);
int nt_console_height(FILE *stream);

/* Prints and finishes `text`, made visible (visible.h): no text from elsewhere steers a terminal.
 * NT_NO_MEMORY if it is incomplete; then nothing is printed. */
nt_status nt_print(nt_text *text);

/* Prints what steers a terminal. */
void nt_print_codes(const char *codes);

/* Shows a line on standard error, made visible. */
void nt_print_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints as JSON (json_out.h) and takes `value`. NT_NO_MEMORY when it is NULL. */
nt_status nt_json_print(json_t *value);

/* Shows every diagnostic of `error` on standard error, after what was printed before. */
void nt_print_error(const nt_error *error);

/* Flushes and closes standard output. NT_IO when any of it was lost, but where its reader closed a
 * pipe: `| head` has what it wants. */
nt_status nt_print_finish(nt_error *error);

/* Appends the table as it fits standard output's terminal, with a line that says what it left out
 * where --json has it. */
void nt_console_table(const nt_table *table, nt_text *text);

#endif
