/* Checked input and output. Reading refuses what is too large or not a file; writing never leaves
 * half a file: bytes go to a temporary file beside the target, and nt_file_commit syncs it, renames
 * it over the target and syncs the folder, so that after a crash the target is either the old or
 * the new one.
 *
 * Paths in messages are as given. */
#ifndef NT_FILE_H
#define NT_FILE_H

#include "diagnostic.h"
#include "hash.h"
#include <stddef.h>
#include <stdint.h>

/* Opens a regular file for reading: a descriptor that the caller closes, and its size. NT_INVALID,
 * at once and with what it is, for anything else: a folder, a FIFO, a socket, a device. All that is
 * read of a user's files is opened here; libraries get the descriptor, never the path. */
nt_status nt_file_open(const char *path, int *ret, int64_t *ret_size, nt_error *error);

/* The same of a descriptor that was opened elsewhere, with O_NONBLOCK, and stays the caller's. */
nt_status nt_file_check(int fd, const char *path, int64_t *ret_size, nt_error *error);

/* Fills `to` from an offset on; returns how many bytes there were, below 0 where they can't be
 * read.
 */
int64_t nt_file_read_at(int fd, int64_t offset, void *to, size_t size);

/* A whole file in memory; `bytes` has a zero byte after the last. */
typedef struct nt_bytes {
    unsigned char *bytes;
    size_t size;
} nt_bytes;

/* NT_INVALID if the file can't be opened or is larger than `limit` bytes. nt_bytes_finish frees. */
nt_status nt_file_read(const char *path, size_t limit, nt_bytes *ret, nt_error *error);

/* The same of a file that nt_file_open or its like opened; closes it. */
nt_status nt_file_read_from(int fd, int64_t size, const char *path, size_t limit, nt_bytes *ret,
                            nt_error *error);
void nt_bytes_finish(nt_bytes *bytes);

/* All of standard input, up to `limit` bytes. Read once: later calls give the same, which stays. */
#define NT_STANDARD_INPUT "standard input" /* what messages call it */
nt_status nt_file_read_input(size_t limit, const nt_bytes **ret, nt_error *error);

/* SHA-256 of a file's bytes. */
nt_status nt_file_digest(const char *path, char hex[NT_DIGEST_HEX], nt_error *error);

typedef struct nt_file nt_file;

/* A file being written. The first failure is kept and reported by nt_file_commit, so that calls in
 * between need no checks. Links are replaced, not followed, by the last part of the path. */
nt_status nt_file_create(const char *path, nt_file **ret, nt_error *error);
void nt_file_write(nt_file *file, const void *bytes, size_t size);
nt_status nt_file_commit(nt_file *file, nt_error *error); /* frees `file`, whatever the outcome */
void nt_file_abandon(nt_file *file);                      /* removes the temporary; takes NULL */

/* All at once. */
nt_status nt_file_replace(const char *path, const void *bytes, size_t size, nt_error *error);

bool nt_folder_exists(const char *path);

/* The names of the folders in a folder, or of all else in it whose names end in `ending`, in
 * bytewise order; those that begin with a dot are left out. In `arena`. NT_INVALID where it can't
 * be listed. */
typedef struct nt_names {
    const char *const *names;
    int32_t count;
} nt_names;

nt_status nt_folders_in(const char *path, nt_arena *arena, nt_names *ret, nt_error *error);
nt_status nt_files_in(const char *path, const char *ending, nt_arena *arena, nt_names *ret,
                      nt_error *error);

/* The folder of the running program, in `arena`; NULL where the system doesn't say. */
const char *nt_program_folder(nt_arena *arena);

/* Makes a folder and those above it; one that exists is fine. */
nt_status nt_folder_make(const char *path, nt_error *error);

/* Removes the temporary files that a process killed while writing left in a folder; those of one
 * that still runs on this machine stay. */
void nt_folder_sweep(const char *path);

/* Takes a folder for this process alone, until it ends or gives it back: another process gets
 * NT_FAILED. The lock is the operating system's (flock), so a crash leaves none behind. */
nt_status nt_folder_lock(const char *folder, int *ret_lock, nt_error *error);
void nt_folder_unlock(int lock);

/* `path` with what users of shells write: ~ in front is the home folder, $NAME and ${NAME} anywhere
 * are the environment's. In `arena`; NT_INVALID, without an error, where NAME is not set: then *ret
 * is "$NAME". */
nt_status nt_path_expand(nt_arena *arena, const char *path, const char **ret);

/* `path` as seen from the folder of `beside` (a file); an absolute one stays. In `arena`. */
const char *nt_path_beside(nt_arena *arena, const char *beside, const char *path);

/* For tests: the n-th write, sync or rename from now fails with `error_number`; 0 switches it off.
 */
void nt_file_fail_at(int n, int error_number);

#endif
