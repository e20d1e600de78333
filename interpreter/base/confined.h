/* Decoders that are not trusted: libraries that a file can make write where it likes. Each file is
 * decoded by a process of its own, this program started anew, which has the open file and one
 * channel and nothing else: no other file, no network, no new process, bounded memory and time. A
 * decoder that crashes, hangs or was taken over costs an error with the file's name.
 *
 *     this process                         the child
 *     nt_confined_start    ---- file --->  nt_confined_child → serve
 *     nt_confined_ask      -- question ->  nt_confined_take
 *     nt_confined_answer   <--- bytes ---  nt_confined_give
 *
 * What comes back is as little to be trusted as the file: who asks checks each number. The program
 * is started anew, not forked, because of a forked process with threads only the forking one goes
 * on, whatever locks the others held, and since MPI, sanitizers and a limit of memory bear a fresh
 * one better. */
#ifndef NT_CONFINED_H
#define NT_CONFINED_H

#include "diagnostic.h"
#include <stddef.h>
#include <stdint.h>

/* --- who asks --------------------------------------------------------------------------------- */

typedef struct nt_confined nt_confined;

typedef struct nt_confined_limits {
    int64_t memory;  /* bytes, beyond what the program itself takes */
    int32_t seconds; /* of processor time in all; as long may an answer be waited for, and a second
                      * more for each MiB of it */
} nt_confined_limits;

/* Starts the service of that name on an open file, which stays the caller's; so must `path` stay,
 * which is for messages. NT_FAILED where no process can be started. */
nt_status nt_confined_start(const char *service, int file, const char *path,
                            nt_confined_limits limits, nt_confined **ret, nt_error *error);

/* Sends `size` bytes, few enough that they need no reader at once: a page. */
nt_status nt_confined_ask(nt_confined *confined, const void *question, size_t size,
                          nt_error *error);

/* Waits for `size` bytes. NT_INVALID, and why, where the child ended before or took too long;
 * NT_INTERRUPTED or NT_TERMINATED after a signal. */
nt_status nt_confined_answer(nt_confined *confined, void *ret, size_t size, nt_error *error);

void nt_confined_end(nt_confined *confined); /* takes NULL */

/* --- the child -------------------------------------------------------------------------------- */

enum { NT_CONFINED_CHANNEL = 3, NT_CONFINED_FILE = 4 }; /* its descriptors */

/* The file's path, for libraries that open files by themselves. */
#define NT_CONFINED_PATH "/proc/self/fd/4"

/* Answers until nt_confined_take finds no more questions. `serve` NULL: it was not built. */
typedef struct nt_confined_service {
    const char *name;
    void (*serve)(void);
} nt_confined_service;

/* What a program that asks does first of all: false if it is not such a child. If it is, it never
 * returns. `services`: NULL-terminated. */
bool nt_confined_child(int argc, char **argv, const nt_confined_service *const *services);

/* A question's `size` bytes; false: nothing more is asked. */
bool nt_confined_take(void *ret, size_t size);

void nt_confined_give(const void *bytes, size_t size);

/* No file can be opened from now on, not even the one that is to be decoded. */
void nt_confined_seal(void);

#endif
