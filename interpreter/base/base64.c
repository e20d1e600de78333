#include "base64.h"

#include <openssl/evp.h>

/* Whole groups of three bytes give no padding, so that pieces can be joined. */
void nt_text_add_base64(nt_text *text, const unsigned char *bytes, size_t size) {
    enum { PIECE = 3 * 256 };
    unsigned char encoded[PIECE / 3 * 4 + 1];
    for (size_t done = 0; done < size; done += PIECE) {
        int count = size - done < PIECE ? (int)(size - done) : PIECE;
        int length = EVP_EncodeBlock(encoded, bytes + done, count);
        nt_text_add_bytes(text, encoded, (size_t)length);
    }
}
