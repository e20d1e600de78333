/* Outcomes that are made up but the same each time, and looking at a store past its own code. */
#ifndef SUPPORT_STORE_H
#define SUPPORT_STORE_H

#include "store.h"
#include "support_base.h"
#include <math.h>
#include <sqlite3.h>

/* --- made-up outcomes ------------------------------------------------------------------------- */

enum { MADE_LONGEST = 16, MADE_MOST = NT_SHARD_SAMPLES * MADE_LONGEST };

#define MADE_NUMERICS "asked; made"

/* A shard with what it points to. Thing t has its own key, outcomes and losses. */
typedef struct made {
    nt_shard shard;
    char key[NT_DIGEST_HEX];
    unsigned char outcomes[MADE_MOST];
} made;

const char *made_key(int thing);

const nt_shard *make_shard(made *m, int thing, int32_t samples, int32_t sample_bytes,
                           int32_t number);

void put_one(nt_store *store, const nt_shard *shard, nt_error *error);

bool has(nt_store *store, int thing, int32_t number, nt_error *error);

/* All that was measured of `thing` is what make_shard says. */
void expect_thing(nt_store *store, int thing, int32_t samples, int32_t sample_bytes,
                  nt_error *error);

/* --- past the store's own code ---------------------------------------------------------------- */

sqlite3 *connect_to(const char *folder);

void execute(sqlite3 *db, const char *sql);

void execute_in(const char *folder, const char *sql);

void dump_rows(sqlite3 *db, const char *sql, nt_text *text);

/* What `sql` gives, a line a row; good until the next call with the same text. */
const char *rows_of(const char *folder, const char *sql, nt_text *text);

/* Every table, in key order. */
void dump_store(const char *folder, nt_text *text);

/* --- the file's bytes, while no store is open ------------------------------------------------- */

typedef struct content {
    unsigned char *bytes;
    size_t size;
} content;

content read_store(const char *folder);

void write_store(const char *folder, const void *bytes, size_t size);

#endif
