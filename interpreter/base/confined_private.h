/* What the files of confined.h share; nobody else includes it. */
#ifndef NT_CONFINED_PRIVATE_H
#define NT_CONFINED_PRIVATE_H

#include <stdint.h>

/* The first argument of a child; then the service, and the limits of memory and seconds. */
#define NT_CONFINED_WORD "--confined"

/* Set in a child's environment: a program that does not know the word starts none again. */
#define NT_CONFINED_MARK "NONTRIVIAL_CONFINED"

/* What a child says before anything else. */
static const uint64_t nt_confined_greeting = 0x31646e6f632d746eu;

/* Sanitizers reserve more address space than any limit would give. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define NT_SANITIZED 1
#endif
#endif
#ifndef NT_SANITIZED
#define NT_SANITIZED 0
#endif

/* Leaves this process the system calls that a decoder needs, where the kernel can and libseccomp
 * was there when this was built. */
void nt_confined_filter(void);

#endif
