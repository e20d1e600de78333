/* The store's file: opening and creating it, telling whether it is ours and whole, and SQLite's
 * errors in words. Private to store.c and the files that start with store_. */
#ifndef NT_STORE_FILE_H
#define NT_STORE_FILE_H

#include "diagnostic.h"
#include <sqlite3.h>

typedef struct nt_store_file {
    nt_arena arena;
    const char *path;
    sqlite3 *db;
    bool to_write;
    bool looked_through; /* of an earlier version, which is read as it is: takes no statement that
                          * would write */
} nt_store_file;

/* A connection to a file with our tables in it; `folder` NULL: to none, which is in memory. */
nt_status nt_store_file_open(const char *folder, bool to_write, nt_store_file *ret,
                             nt_error *error);
void nt_store_file_close(nt_store_file *file);

/* What SQLite's latest call complained of: "cannot `verb`: …", and what to do about it. */
nt_status nt_store_file_failed(const nt_store_file *file, const char *verb, nt_error *error);

/* NT_INVALID: the file is damaged, in the way that the format says. */
nt_status nt_store_file_damaged(const nt_store_file *file, nt_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
