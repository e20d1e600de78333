/* Bytes as text (RFC 4648, base64), by OpenSSL. */
#ifndef NT_BASE64_H
#define NT_BASE64_H

#include "text.h"

/* Appends `size` bytes. */
void nt_text_add_base64(nt_text *text, const unsigned char *bytes, size_t size);

#endif
