/* The fast hash takes eight bytes at a time through a finaliser; the digests are OpenSSL's. */
#include "hash.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output
 * bit. */
uint64_t nt_hash_word(uint64_t seed, uint64_t word) {
    uint64_t z = (seed ^ word) + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t nt_hash_bytes(uint64_t seed, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    uint64_t h = nt_hash_word(seed, length), word;
    for (; length >= sizeof word; p += sizeof word, length -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = nt_hash_word(h, word);
    }
    word = 0;
    memcpy(&word, p, length);
    return nt_hash_word(h, word);
}

uint64_t nt_hash_string(uint64_t seed, const char *text) {
    return nt_hash_bytes(seed, text, strlen(text));
}

/* Where the system has no random bytes, as early at its start, the clock and where the program lies
 * must do. */
static uint64_t draw_secret(void) {
    uint64_t secret = 0;
    struct timespec now = {0};
    if (getrandom(&secret, sizeof secret, GRND_NONBLOCK) != (ssize_t)sizeof secret) {
        clock_gettime(CLOCK_REALTIME, &now);
        secret = nt_hash_word((uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec,
                              (uint64_t)(uintptr_t)&secret);
    }
    return secret ? secret : 1;
}

uint64_t nt_hash_secret(void) {
    static _Atomic uint64_t kept; /* 0: not drawn yet */
    uint64_t secret = atomic_load(&kept), none = 0;
    if (secret == 0) {
        secret = draw_secret();
        if (!atomic_compare_exchange_strong(&kept, &none, secret))
            secret = none; /* another thread was first */
    }
    return secret;
}

static nt_digest *begin(const EVP_MD *algorithm) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestInit_ex(context, algorithm, NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return context;
}

nt_digest *nt_digest_new(void) {
    return begin(EVP_sha256());
}

nt_digest *nt_digest_new_md5(void) {
    return begin(EVP_md5());
}

void nt_digest_add(nt_digest *digest, const void *bytes, size_t length) {
    EVP_DigestUpdate(digest, bytes, length);
}

void nt_digest_end(nt_digest *digest, char hex[NT_DIGEST_HEX]) {
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_DigestFinal_ex(digest, raw, &length);
    EVP_MD_CTX_free(digest);
    for (unsigned int i = 0; i < length && i < (NT_DIGEST_HEX - 1) / 2; i++) {
        hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
    }
    hex[2 * length] = '\0';
}

int nt_digest_bytes(const void *bytes, size_t length, char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return 0;
    nt_digest_add(digest, bytes, length);
    nt_digest_end(digest, hex);
    return 1;
}
