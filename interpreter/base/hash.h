/* Two kinds of hash. nt_hash_*: 64 bits, fast, for tables in memory, which take nt_hash_secret as
 * the seed, and for streams of random numbers, which don't; never written to a file. nt_digest_*:
 * SHA-256 (FIPS 180-4, by OpenSSL's libcrypto), for what a result was computed from; MD5 (RFC 1321)
 * only to check a download against a published value. */
#ifndef NT_HASH_H
#define NT_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t nt_hash_bytes(uint64_t seed, const void *bytes, size_t length);
uint64_t nt_hash_string(uint64_t seed, const char *text);
uint64_t nt_hash_word(uint64_t seed, uint64_t word);

/* A number that is another in each process, so that no file can be made whose names meet in one
 * place of a table. Nothing that is shown may depend on it: an order is that of insertion. */
uint64_t nt_hash_secret(void);

enum { NT_DIGEST_HEX = 65 };

typedef struct evp_md_ctx_st nt_digest; /* OpenSSL's EVP_MD_CTX */

nt_digest *nt_digest_new(void);     /* SHA-256; NULL when out of memory */
nt_digest *nt_digest_new_md5(void); /* MD5; NULL also where OpenSSL is told to forbid it */
void nt_digest_add(nt_digest *digest, const void *bytes, size_t length);
/* Writes the hexadecimal digest of all that was added, and frees `digest`. */
void nt_digest_end(nt_digest *digest, char hex[NT_DIGEST_HEX]);

/* All at once; returns 0 when out of memory. */
int nt_digest_bytes(const void *bytes, size_t length, char hex[NT_DIGEST_HEX]);

#endif
