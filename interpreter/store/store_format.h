/* The tables of the store's file, in each version of its format. Private to store_file.c. */
#ifndef NT_STORE_FORMAT_H
#define NT_STORE_FORMAT_H

enum { NT_STORE_APPLICATION = 0x4E545256 /* "NTRV" */, NT_STORE_VERSION = 5 };

typedef struct nt_store_table {
    const char *name, *sql;
} nt_store_table;

/* Of version 1 to 5; name NULL ends the list. */
const nt_store_table *nt_store_tables(int version);

/* For a file of an earlier version, between BEGIN and COMMIT: makes room for the tables of this
 * version that are others, and, once they are there, fills them with what there was. */
const char *nt_store_set_aside_sql(int version);
const char *nt_store_bring_over_sql(int version);

/* For reading a file of an earlier version as if it were of this one, without a change to it. */
const char *nt_store_look_through_sql(int version);

#endif
