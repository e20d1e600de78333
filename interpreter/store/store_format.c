/* Up to version 4 nothing told a changed result from the one that was written. Up to version 3 no
 * case ended early. Versions 1 and 2 had no samples: outcomes were in the order
 * of the split. Version 1 had no numerics, so that all its rows are of unknown ones. Its digests
 * are kept: those of rows with unknown numerics don't cover them (digest_shard in store.c). */
#include "store_format.h"

#include "store.h"
#include <stddef.h>

/* Shards are kept in the order in which they came, since rows of their size don't fit a tree
 * without row numbers. */
static const nt_store_table version_1[] = {
    {"measured", "CREATE TABLE measured(\n"
                 "  key TEXT PRIMARY KEY CHECK (length(key) = 64),\n"
                 "  samples INTEGER NOT NULL CHECK (samples BETWEEN 1 AND 2147483647),\n"
                 "  sample_bytes INTEGER NOT NULL CHECK (sample_bytes BETWEEN 1 AND 1000000)\n"
                 ") STRICT, WITHOUT ROWID"},
    {"shard", "CREATE TABLE shard(\n"
              "  key TEXT NOT NULL REFERENCES measured,\n"
              "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647),\n"
              "  outcomes BLOB NOT NULL,\n"
              "  loss REAL,\n"
              "  digest TEXT NOT NULL,\n"
              "  PRIMARY KEY (key, number)\n"
              ") STRICT"},
    {"result", "CREATE TABLE result(\n"
               "  group_name TEXT NOT NULL,\n"
               "  case_name TEXT NOT NULL,\n"
               "  seed INTEGER NOT NULL CHECK (seed BETWEEN -2147483648 AND 2147483647),\n"
               "  split TEXT NOT NULL,\n"
               "  edit TEXT NOT NULL,\n"
               "  key TEXT REFERENCES measured,\n"
               "  failure TEXT,\n"
               "  position INTEGER NOT NULL UNIQUE,\n"
               "  PRIMARY KEY (group_name, case_name, seed, split),\n"
               "  CHECK ((key IS NULL) <> (failure IS NULL))\n"
               ") STRICT"},
    {NULL, NULL},
};

static const char sample_sql[] =
    "CREATE TABLE sample(\n"
    "  position INTEGER PRIMARY KEY CHECK (position >= 0),\n"
    "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647)\n"
    ") STRICT";

static const char numerics_sql[] = "CREATE TABLE numerics(\n"
                                   "  id INTEGER PRIMARY KEY,\n"
                                   "  line TEXT NOT NULL UNIQUE\n"
                                   ") STRICT";

static const char measured_sql[] =
    "CREATE TABLE measured(\n"
    "  key TEXT NOT NULL CHECK (length(key) = 64),\n"
    "  numerics INTEGER NOT NULL REFERENCES numerics,\n"
    "  samples INTEGER NOT NULL CHECK (samples BETWEEN 1 AND 2147483647),\n"
    "  sample_bytes INTEGER NOT NULL CHECK (sample_bytes BETWEEN 1 AND 1000000),\n"
    "  PRIMARY KEY (key, numerics)\n"
    ") STRICT, WITHOUT ROWID";

static const char shard_sql[] =
    "CREATE TABLE shard(\n"
    "  key TEXT NOT NULL,\n"
    "  numerics INTEGER NOT NULL,\n"
    "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647),\n"
    "  outcomes BLOB NOT NULL,\n"
    "  loss REAL,\n"
    "  digest TEXT NOT NULL,\n"
    "  PRIMARY KEY (key, numerics, number),\n"
    "  FOREIGN KEY (key, numerics) REFERENCES measured\n"
    ") STRICT";

/* Of versions 2 and 3, and of this one. */
#define RESULT(decide)                                                                             \
    "CREATE TABLE result(\n"                                                                       \
    "  group_name TEXT NOT NULL,\n"                                                                \
    "  case_name TEXT NOT NULL,\n"                                                                 \
    "  seed INTEGER NOT NULL CHECK (seed BETWEEN -2147483648 AND 2147483647),\n"                   \
    "  split TEXT NOT NULL,\n"                                                                     \
    "  edit TEXT NOT NULL,\n"                                                                      \
    "  key TEXT,\n"                                                                                \
    "  numerics INTEGER,\n"                                                                        \
    "  failure TEXT,\n" decide "  position INTEGER NOT NULL UNIQUE,\n"                             \
    "  PRIMARY KEY (group_name, case_name, seed, split),\n"                                        \
    "  FOREIGN KEY (key, numerics) REFERENCES measured,\n"                                         \
    "  CHECK ((key IS NULL) <> (failure IS NULL)),\n"                                              \
    "  CHECK ((key IS NULL) = (numerics IS NULL))\n"                                               \
    ") STRICT"

#define DECIDE                                                                                     \
    "  decide TEXT,\n"                                                                             \
    "  samples INTEGER CHECK (samples BETWEEN 1 AND 2147483647),\n"                                \
    "  decision TEXT CHECK ((decide IS NULL) = (samples IS NULL)),\n"

static const nt_store_table version_2[] = {{"numerics", numerics_sql},
                                           {"measured", measured_sql},
                                           {"shard", shard_sql},
                                           {"result", RESULT()},
                                           {NULL, NULL}};

static const nt_store_table version_3[] = {{"sample", sample_sql},     {"numerics", numerics_sql},
                                           {"measured", measured_sql}, {"shard", shard_sql},
                                           {"result", RESULT()},       {NULL, NULL}};

static const nt_store_table version_4[] = {{"sample", sample_sql},     {"numerics", numerics_sql},
                                           {"measured", measured_sql}, {"shard", shard_sql},
                                           {"result", RESULT(DECIDE)}, {NULL, NULL}};

static const char seal_sql[] = "CREATE TABLE seal(\n"
                               "  what TEXT PRIMARY KEY,\n"
                               "  digest TEXT NOT NULL CHECK (length(digest) = 64)\n"
                               ") STRICT, WITHOUT ROWID";

static const nt_store_table version_5[] = {{"sample", sample_sql},
                                           {"numerics", numerics_sql},
                                           {"measured", measured_sql},
                                           {"shard", shard_sql},
                                           {"result", RESULT(DECIDE)},
                                           {"seal", seal_sql},
                                           {NULL, NULL}};

const nt_store_table *nt_store_tables(int version) {
    static const nt_store_table *const tables[] = {version_1, version_2, version_3, version_4,
                                                   version_5};
    return tables[version - 1];
}

/* --- becoming one of this version ------------------------------------------------------------- */

#define SET_ASIDE_RESULT "ALTER TABLE result RENAME TO result_old;"
#define RESULT_COLUMNS "group_name, case_name, seed, split, edit, key, numerics, failure, position"

const char *nt_store_set_aside_sql(int version) {
    if (version > 3)
        return ""; /* all of its tables are tables of this version */
    return version > 1 ? SET_ASIDE_RESULT
                       : SET_ASIDE_RESULT "ALTER TABLE measured RENAME TO measured_1;"
                                          "ALTER TABLE shard RENAME TO shard_1";
}

#define UNKNOWN "INSERT INTO numerics VALUES (1, '" NT_STORE_UNKNOWN "');"

static const char bring_over_version_1[] =
    UNKNOWN "INSERT INTO measured SELECT key, 1, samples, sample_bytes FROM measured_1;"
            "INSERT INTO shard SELECT key, 1, number, outcomes, loss, digest FROM shard_1"
            " ORDER BY rowid;"
            "INSERT INTO result (" RESULT_COLUMNS ")"
            " SELECT group_name, case_name, seed, split, edit, key,"
            " iif(key IS NULL, NULL, 1), failure, position FROM result_old;"
            "DROP TABLE result_old; DROP TABLE shard_1; DROP TABLE measured_1";

const char *nt_store_bring_over_sql(int version) {
    if (version > 3)
        return "";
    return version == 1 ? bring_over_version_1
                        : "INSERT INTO result (" RESULT_COLUMNS ") SELECT " RESULT_COLUMNS
                          " FROM result_old; DROP TABLE result_old";
}

/* --- reading one of an earlier version -------------------------------------------------------- */

#define NO_SEAL "CREATE TEMP TABLE seal(what TEXT, digest TEXT);"
#define NO_SAMPLES NO_SEAL "CREATE TEMP TABLE sample(position INTEGER, number INTEGER);"
#define NO_DECISIONS "NULL AS decide, NULL AS samples, NULL AS decision, position FROM main.result"

static const char look_through_version_1[] =
    NO_SAMPLES "CREATE TEMP TABLE numerics(id INTEGER PRIMARY KEY, line TEXT);" UNKNOWN
               "CREATE TEMP VIEW measured AS SELECT key, 1 AS numerics, samples, sample_bytes"
               " FROM main.measured;"
               "CREATE TEMP VIEW shard AS SELECT key, 1 AS numerics, number, outcomes, loss, digest"
               " FROM main.shard;"
               "CREATE TEMP VIEW result AS SELECT group_name, case_name, seed, split, edit, key,"
               " iif(key IS NULL, NULL, 1) AS numerics, failure, " NO_DECISIONS;

#define WITHOUT_DECISIONS                                                                          \
    "CREATE TEMP VIEW result AS SELECT group_name, case_name, seed, split, edit, key, numerics,"   \
    " failure, " NO_DECISIONS

const char *nt_store_look_through_sql(int version) {
    return version == 1   ? look_through_version_1
           : version == 2 ? NO_SAMPLES WITHOUT_DECISIONS
           : version == 3 ? NO_SEAL WITHOUT_DECISIONS
                          : NO_SEAL;
}
