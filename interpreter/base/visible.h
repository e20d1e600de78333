/* What leaves for a terminal, made visible. Names, titles and messages come from scripts, networks
 * and files of others: a control character in one could move the cursor, hide a line, or have the
 * terminal type. So everything foreign is shown through here:
 *
 *     a control character, DEL       \n \r \t \x1b
 *     a byte that is not UTF-8       \x9b
 *     U+0080 to U+009F (C1)          \u009b
 *     bidi controls and characters   \u202e \U000e0041
 *     that show nothing
 *
 * All else stays as it is, backslashes too: this is for eyes, not to be read back. What is made is
 * visible itself, so that to encode it again changes nothing. */
#ifndef NT_VISIBLE_H
#define NT_VISIBLE_H

#include "arena.h"
#include "text.h"

/* Bytes of a foreign text that one line shows; a longer one loses its middle. */
enum { NT_VISIBLE_MOST = 4096 };

/* Whether a text is UTF-8 and each of its characters is shown as itself: what names and titles have
 * to be. */
bool nt_visible_is(const char *bytes, size_t length);

/* Appends a text that is to stay on its line: line breaks and tabs are encoded too. Of more than
 * `most` bytes (at least 32) the beginning and the end are shown, and between them how many bytes
 * are not; 0: all. */
void nt_visible_line(nt_text *text, const char *bytes, size_t length, size_t most);

/* Appends lines: as above, but line breaks and tabs stay, and nothing is left out. */
void nt_visible_lines(nt_text *text, const char *bytes, size_t length);

/* Encodes what `lines` holds, in place. */
void nt_visible_make(nt_text *lines);

/* A terminated string as a line of up to NT_VISIBLE_MOST bytes: itself, where it is visible and no
 * longer, else a copy in `arena`. NULL when out of memory, and for NULL. */
const char *nt_visible(nt_arena *arena, const char *string);

/* The character that a text begins with, of which there is at least one byte. */
typedef struct nt_glyph {
    size_t bytes;
    uint32_t point; /* its code point; the byte, where it is no UTF-8 */
    bool visible;   /* it is UTF-8, and shown as itself */
    bool stray;     /* it is no UTF-8 */
} nt_glyph;

nt_glyph nt_visible_next(const char *text, size_t length);

#endif
