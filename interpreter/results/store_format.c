/* Versions 1 and 2 had no samples: outcomes were in the order of the split. Version 1 had no
 * numerics, so that all its rows are of unknown ones. Its digests are kept: those of rows with
 * unknown numerics don't cover them (digest_shard in store.c). */
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

static const nt_store_table version_3[] = {
    {"sample", "CREATE TABLE sample(\n"
               "  position INTEGER PRIMARY KEY CHECK (position >= 0),\n"
               "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647)\n"
               ") STRICT"},
    {"numerics", "CREATE TABLE numerics(\n"
                 "  id INTEGER PRIMARY KEY,\n"
                 "  line TEXT NOT NULL UNIQUE\n"
                 ") STRICT"},
    {"measured", "CREATE TABLE measured(\n"
                 "  key TEXT NOT NULL CHECK (length(key) = 64),\n"
                 "  numerics INTEGER NOT NULL REFERENCES numerics,\n"
                 "  samples INTEGER NOT NULL CHECK (samples BETWEEN 1 AND 2147483647),\n"
                 "  sample_bytes INTEGER NOT NULL CHECK (sample_bytes BETWEEN 1 AND 1000000),\n"
                 "  PRIMARY KEY (key, numerics)\n"
                 ") STRICT, WITHOUT ROWID"},
    {"shard", "CREATE TABLE shard(\n"
              "  key TEXT NOT NULL,\n"
              "  numerics INTEGER NOT NULL,\n"
              "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647),\n"
              "  outcomes BLOB NOT NULL,\n"
              "  loss REAL,\n"
              "  digest TEXT NOT NULL,\n"
              "  PRIMARY KEY (key, numerics, number),\n"
              "  FOREIGN KEY (key, numerics) REFERENCES measured\n"
              ") STRICT"},
    {"result", "CREATE TABLE result(\n"
               "  group_name TEXT NOT NULL,\n"
               "  case_name TEXT NOT NULL,\n"
               "  seed INTEGER NOT NULL CHECK (seed BETWEEN -2147483648 AND 2147483647),\n"
               "  split TEXT NOT NULL,\n"
               "  edit TEXT NOT NULL,\n"
               "  key TEXT,\n"
               "  numerics INTEGER,\n"
               "  failure TEXT,\n"
               "  position INTEGER NOT NULL UNIQUE,\n"
               "  PRIMARY KEY (group_name, case_name, seed, split),\n"
               "  FOREIGN KEY (key, numerics) REFERENCES measured,\n"
               "  CHECK ((key IS NULL) <> (failure IS NULL)),\n"
               "  CHECK ((key IS NULL) = (numerics IS NULL))\n"
               ") STRICT"},
    {NULL, NULL},
};

const nt_store_table *nt_store_tables(int version) {
    return version == 1 ? version_1 : version == 2 ? version_3 + 1 : version_3;
}

const char nt_store_set_aside_sql[] = "ALTER TABLE measured RENAME TO measured_1;"
                                      "ALTER TABLE shard RENAME TO shard_1;"
                                      "ALTER TABLE result RENAME TO result_1";

#define UNKNOWN "INSERT INTO numerics VALUES (1, '" NT_STORE_UNKNOWN "');"

const char nt_store_bring_over_sql[] =
    UNKNOWN "INSERT INTO measured SELECT key, 1, samples, sample_bytes FROM measured_1;"
            "INSERT INTO shard SELECT key, 1, number, outcomes, loss, digest FROM shard_1"
            " ORDER BY rowid;"
            "INSERT INTO result SELECT group_name, case_name, seed, split, edit, key,"
            " iif(key IS NULL, NULL, 1), failure, position FROM result_1;"
            "DROP TABLE result_1; DROP TABLE shard_1; DROP TABLE measured_1";

#define NO_SAMPLES "CREATE TEMP TABLE sample(position INTEGER, number INTEGER);"

static const char look_through_version_1[] =
    NO_SAMPLES "CREATE TEMP TABLE numerics(id INTEGER PRIMARY KEY, line TEXT);" UNKNOWN
               "CREATE TEMP VIEW measured AS SELECT key, 1 AS numerics, samples, sample_bytes"
               " FROM main.measured;"
               "CREATE TEMP VIEW shard AS SELECT key, 1 AS numerics, number, outcomes, loss, digest"
               " FROM main.shard;"
               "CREATE TEMP VIEW result AS SELECT group_name, case_name, seed, split, edit, key,"
               " iif(key IS NULL, NULL, 1) AS numerics, failure, position FROM main.result";

const char *nt_store_look_through_sql(int version) {
    return version == 1 ? look_through_version_1 : NO_SAMPLES;
}
