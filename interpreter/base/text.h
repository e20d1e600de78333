/* A growing text. Out of memory is remembered, not reported at each step: look at `failed` once, at
 * the end. The text owns its bytes; `bytes` is always terminated. That any text of the process was
 * incomplete is remembered, too: main doesn't call that done. */
#ifndef NT_TEXT_H
#define NT_TEXT_H

#include "arena.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_text {
    char *bytes; /* never NULL after nt_text_init */
    size_t length, capacity;
    bool failed;
} nt_text;

void nt_text_init(nt_text *text);
void nt_text_finish(nt_text *text);
void nt_text_clear(nt_text *text);
void nt_text_add(nt_text *text, const char *string);
void nt_text_add_bytes(nt_text *text, const void *bytes, size_t length);
void nt_text_printf(nt_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nt_text_vprintf(nt_text *text, const char *format, va_list arguments);

/* The fewest significant digits that read back as the same double: "0.05", "1", "1e-20". */
void nt_text_add_real(nt_text *text, double value);

/* A whole number with commas between thousands: "21,289,802". */
void nt_text_count(nt_text *text, int64_t number);

/* In quotes, on one line; different strings give different texts. NULL becomes null. */
void nt_text_add_quoted(nt_text *text, const char *string);

/* Finishes a text: its bytes in `arena`, NULL where it is incomplete or memory is out. */
const char *nt_text_keep(nt_text *text, nt_arena *arena);

/* Finishes `from`, which is appended; an incomplete one makes the other incomplete. */
void nt_text_join(nt_text *text, nt_text *from);

bool nt_text_any_failed(void);

/* Whether the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool nt_text_is_utf8(const char *bytes, size_t length);

/* Whether all of `text` is as `pattern` says, in which `*` stands for any bytes, also none. */
bool nt_text_matches(const char *text, const char *pattern);

#endif
