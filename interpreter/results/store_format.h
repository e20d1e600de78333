/* The tables of the store's file, in each version of its format. Private to store_file.c. */
#ifndef NT_STORE_FORMAT_H
#define NT_STORE_FORMAT_H

enum { NT_STORE_APPLICATION = 0x4E545256 /* "NTRV" */, NT_STORE_VERSION = 3 };

typedef struct nt_store_table {
    const char *name, *sql;
} nt_store_table;

/* Of version 1, 2 or 3; name NULL ends the list. Version 3 has one more than version 2, its first.
 */
const nt_store_table *nt_store_tables(int version);

/* For a file of version 1, between BEGIN and COMMIT: makes room for the tables of this version,
 * and, once they are there, fills them with what there was. */
extern const char nt_store_set_aside_sql[], nt_store_bring_over_sql[];

/* For reading a file of an earlier version as if it were of this one, without a change to it. */
const char *nt_store_look_through_sql(int version);

#endif
