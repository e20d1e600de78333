/* Durability is SQLite's: a rollback journal, synced before the file is touched and removed, with
 * the folder synced, once the file is synced (sqlite.org/atomiccommit.html). A journal that a
 * killed process left is rolled back by whoever opens the file next, readers included.
 *
 * Nothing is written to a file before it is known to be ours. An empty file counts as new: it is
 * what a process leaves that was killed before it made the tables. */
#include "store_file.h"

#include "file.h"
#include "store.h"
#include "store_format.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

/* --- errors ----------------------------------------------------------------------------------- */

static const char damaged_hint[] =
    "put back a copy, or move it out of the folder and give the run's command again, which "
    "measures everything anew";
static const char busy_hint[] =
    "wait until the other program that uses it is done, or end it; then give the same command "
    "again";

/* An extended code stands before the primary one that it belongs to. */
static const struct trouble {
    int code;
    nt_status status;
    const char *hint;
} troubles[] = {
    {SQLITE_FULL, NT_IO,
     "make room on the disk and give the same command again; what was saved before is kept"},
    {SQLITE_READONLY_ROLLBACK, NT_IO,
     "a run was killed while it wrote; make the file and its folder writable, or give the run's "
     "command again"},
    {SQLITE_READONLY, NT_IO, "make the file and its folder writable, or choose another folder"},
    {SQLITE_CANTOPEN, NT_IO, "see that the folder exists and is writable"},
    {SQLITE_IOERR_NOMEM, NT_NO_MEMORY, NULL},
    {SQLITE_IOERR, NT_IO,
     "see whether the disk is in order and give the same command again; what was saved before is "
     "kept"},
    {SQLITE_BUSY, NT_FAILED, busy_hint},
    {SQLITE_LOCKED, NT_FAILED, busy_hint},
    {SQLITE_CORRUPT, NT_INVALID, damaged_hint},
    {SQLITE_NOTADB, NT_INVALID, damaged_hint},
    {SQLITE_ERROR, NT_INVALID, damaged_hint}, /* our statements are right: it is the tables */
    {SQLITE_NOMEM, NT_NO_MEMORY, NULL},
    {SQLITE_CONSTRAINT_FOREIGNKEY, NT_INVALID, "a key's shards must be saved before what names it"},
    {SQLITE_CONSTRAINT, NT_INVALID, NULL},
};

static const struct trouble *find_trouble(int code) {
    static const struct trouble other = {.status = NT_FAILED};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (troubles[i].code == code || troubles[i].code == (code & 0xFF))
            return &troubles[i];
    return &other;
}

/* The system's reason is given where it is one: SQLite tries to open in other ways what it can't
 * open for writing, and keeps the reason of the last. */
nt_status nt_store_file_failed(const nt_store_file *file, const char *verb, nt_error *error) {
    const struct trouble *trouble = find_trouble(sqlite3_extended_errcode(file->db));
    if (trouble->status == NT_NO_MEMORY)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory using %s", file->path);
    bool system =
        trouble->code == SQLITE_IOERR || (trouble->code == SQLITE_CANTOPEN && !file->to_write);
    int number = system ? sqlite3_system_errno(file->db) : 0;
    nt_error_in(error, trouble->status, file->path, -1, "cannot %s: %s%s%s", verb,
                sqlite3_errmsg(file->db), number ? ": " : "", number ? strerror(number) : "");
    if (trouble->hint)
        nt_error_hint(error, "%s", trouble->hint);
    return trouble->status;
}

nt_status nt_store_file_damaged(const nt_store_file *file, nt_error *error, const char *format,
                                ...) {
    va_list arguments;
    nt_text text;
    nt_text_init(&text);
    va_start(arguments, format);
    nt_text_vprintf(&text, format, arguments);
    va_end(arguments);
    nt_error_in(error, NT_INVALID, file->path, -1, "is damaged: %s", text.bytes);
    nt_error_hint(error, "%s", damaged_hint);
    nt_text_finish(&text);
    return NT_INVALID;
}

/* --- small steps ------------------------------------------------------------------------------ */

static nt_status execute(const nt_store_file *file, const char *sql, nt_error *error) {
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? NT_OK
               : nt_store_file_failed(file, "open", error);
}

/* The first column of the first row that `sql` gives, in the file's arena; NULL if there is none.
 */
static nt_status ask(nt_store_file *file, const char *sql, const char **ret, nt_error *error) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return nt_store_file_failed(file, "open", error);
    int step = sqlite3_step(statement);
    nt_status status = NT_OK;
    const char *text = NULL;
    if (step == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(statement, 0);
        text = column ? nt_arena_string(&file->arena, column) : NULL;
        if (!text) /* none of what is asked is NULL */
            status = nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", file->path);
    } else if (step != SQLITE_DONE) {
        status = nt_store_file_failed(file, "open", error);
    }
    sqlite3_finalize(statement);
    if (status == NT_OK)
        *ret = text;
    return status;
}

static nt_status ask_number(nt_store_file *file, const char *sql, long long *ret, nt_error *error) {
    const char *text;
    NT_TRY(ask(file, sql, &text, error));
    *ret = text ? strtoll(text, NULL, 10) : 0;
    return NT_OK;
}

/* --- ours and whole --------------------------------------------------------------------------- */

/* Those that aren't there. */
static nt_status create_tables(const nt_store_file *file, nt_error *error) {
    static const char create[] = "CREATE TABLE ";
    char mark[100], sql[1500];
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             NT_STORE_APPLICATION, NT_STORE_VERSION);
    nt_status status = execute(file, mark, error);
    for (const nt_store_table *table = nt_store_tables(NT_STORE_VERSION);
         status == NT_OK && table->name; table++) {
        snprintf(sql, sizeof sql, "%sIF NOT EXISTS %s", create, table->sql + strlen(create));
        status = execute(file, sql, error);
    }
    return status;
}

/* Makes a new file, or one of an earlier version, one of this version. What fails is rolled back by
 * closing. */
static nt_status make_ours(const nt_store_file *file, int from, nt_error *error) {
    NT_TRY(execute(file, "BEGIN IMMEDIATE", error));
    if (from > 0)
        NT_TRY(execute(file, nt_store_set_aside_sql(from), error));
    NT_TRY(create_tables(file, error));
    if (from > 0)
        NT_TRY(execute(file, nt_store_bring_over_sql(from), error));
    return execute(file, "COMMIT", error);
}

/* *ret_version: 0 of a new file. */
static nt_status check_marks(nt_store_file *file, int *ret_version, nt_error *error) {
    long long id, version, objects;
    NT_TRY(ask_number(file, "PRAGMA application_id", &id, error));
    NT_TRY(ask_number(file, "PRAGMA user_version", &version, error));
    NT_TRY(ask_number(file, "SELECT count(*) FROM sqlite_schema", &objects, error));
    *ret_version = (int)version;
    if (id == 0 && version == 0 && objects == 0)
        return NT_OK;
    if (id != NT_STORE_APPLICATION) {
        nt_error_in(error, NT_INVALID, file->path, -1,
                    "is an SQLite database, but not one of measured outcomes");
        nt_error_hint(error, "move it out of the folder, or choose another folder");
        return NT_INVALID;
    }
    if (version > NT_STORE_VERSION) {
        nt_error_in(error, NT_INVALID, file->path, -1,
                    "was written by a newer version of this program: its format is %lld, this "
                    "version knows %d",
                    version, NT_STORE_VERSION);
        nt_error_hint(error, "use the newer version, or choose another folder");
        return NT_INVALID;
    }
    return version >= 1 ? NT_OK
                        : nt_store_file_damaged(file, error, "there is no format %lld", version);
}

/* Views, triggers, virtual tables, indexes of others: whatever could make a statement of ours do
 * something else. SQLite's own indexes have no text. */
static nt_status check_objects(nt_store_file *file, int version, nt_error *error) {
    nt_text names, sql;
    nt_text_init(&names);
    nt_text_init(&sql);
    for (const nt_store_table *table = nt_store_tables(version); table->name; table++)
        nt_text_printf(&names, "%s'%s'", names.length ? ", " : "", table->name);
    nt_text_printf(&sql,
                   "SELECT quote(type) || ' ' || quote(name) FROM sqlite_schema WHERE"
                   " ((type = 'table' AND name IN (%s)) OR (type = 'index' AND sql IS NULL"
                   " AND name GLOB 'sqlite_autoindex_*' AND tbl_name IN (%s))) IS NOT TRUE",
                   names.bytes, names.bytes);
    const char *found = NULL;
    nt_status status =
        names.failed || sql.failed
            ? nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", file->path)
            : ask(file, sql.bytes, &found, error);
    if (status == NT_OK && found)
        status =
            nt_store_file_damaged(file, error, "it has something that isn't ours in it: %s", found);
    nt_text_finish(&sql);
    nt_text_finish(&names);
    return status;
}

static nt_status check_structure(nt_store_file *file, int version, nt_error *error) {
    NT_TRY(check_objects(file, version, error));
    for (const nt_store_table *table = nt_store_tables(version); table->name; table++) {
        char sql[100];
        const char *found;
        snprintf(sql, sizeof sql,
                 "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '%s'", table->name);
        NT_TRY(ask(file, sql, &found, error));
        if (!found || strcmp(found, table->sql) != 0)
            return nt_store_file_damaged(file, error, "the table '%s' is %s", table->name,
                                         found ? "another than it should be" : "missing");
    }
    const char *flaw, *stray;
    NT_TRY(ask(file, "PRAGMA integrity_check(1)", &flaw, error));
    if (!flaw || strcmp(flaw, "ok") != 0)
        return nt_store_file_damaged(file, error, "%s", flaw ? flaw : "it can't be checked");
    NT_TRY(ask(file, "PRAGMA foreign_key_check", &stray, error));
    return stray ? nt_store_file_damaged(
                       file, error, "the table '%s' names a key that was never measured", stray)
                 : NT_OK;
}

static nt_status accept(nt_store_file *file, nt_error *error) {
    int version;
    NT_TRY(check_marks(file, &version, error));
    if (version > 0)
        NT_TRY(check_structure(file, version, error));
    if (version == NT_STORE_VERSION)
        return NT_OK;
    if (file->to_write)
        return make_ours(file, version, error);
    file->looked_through = true;
    if (version > 0)
        return execute(file, nt_store_look_through_sql(version), error);
    nt_error_in(error, NT_INVALID, file->path, -1, "is empty");
    nt_error_hint(error, "run the suite first");
    return NT_INVALID;
}

/* --- opening ---------------------------------------------------------------------------------- */

static const char in_memory[] = ":memory:"; /* SQLite's name for it */

/* SQLite takes a name that starts with "file:" for a URI. */
static const char *plain_name(nt_store_file *file) {
    return file->path[0] == '/' || file->path == in_memory
               ? file->path
               : nt_arena_printf(&file->arena, "./%s", file->path);
}

/* Whether a journal ends in the name of another that it shares a transaction with (SQLite's file
 * format, "The Rollback Journal"). We share none, and SQLite removes a file of that name. */
static nt_status check_journal(const char *path, nt_error *error) {
    static const unsigned char mark[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char end[sizeof mark];
    int64_t size, at;
    int fd;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    at = size - (int64_t)sizeof end;
    bool names = at >= 0 && nt_file_read_at(fd, at, end, sizeof end) == (int64_t)sizeof end &&
                 memcmp(end, mark, sizeof mark) == 0;
    close(fd);
    if (!names)
        return NT_OK;
    nt_error_in(error, NT_INVALID, path, -1, "names another file, which would be removed");
    nt_error_hint(error, "no run of this program leaves such a journal; move it away");
    return NT_INVALID;
}

/* The file and what SQLite keeps beside it are files, not links to others. Those that SQLite locks
 * are not opened here: closing them would drop its locks. */
static nt_status check_files(nt_store_file *file, nt_error *error) {
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    for (int i = 0; i < 4; i++) {
        struct stat info;
        const char *path = nt_arena_printf(&file->arena, "%s%s", file->path, endings[i]);
        if (!path)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", file->path);
        if (lstat(path, &info) != 0)
            continue;
        if (!S_ISREG(info.st_mode))
            return nt_error_in(error, NT_INVALID, path, -1, "is %s, not a file of the run",
                               S_ISLNK(info.st_mode) ? "a link" : "something else");
        if (i == 1 && access(path, R_OK) == 0) /* otherwise SQLite says so */
            NT_TRY(check_journal(path, error));
    }
    return NT_OK;
}

/* No statement of ours, nor SQLite's own for them, comes near these. */
static void set_limits(sqlite3 *db) {
    static const int limits[][2] = {
        {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_COLUMN, 64},
        {SQLITE_LIMIT_COMPOUND_SELECT, 8},  {SQLITE_LIMIT_EXPR_DEPTH, 64},
        {SQLITE_LIMIT_FUNCTION_ARG, 16},    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
        {SQLITE_LIMIT_SQL_LENGTH, 8192},    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 32}, {SQLITE_LIMIT_VDBE_OP, 25000},
        {SQLITE_LIMIT_WORKER_THREADS, 0}};
    static const int switches[][2] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i][0], limits[i][1]);
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        sqlite3_db_config(db, switches[i][0], switches[i][1], (int *)NULL);
}

static nt_status connect(nt_store_file *file, nt_error *error) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const char *name = plain_name(file);
    if (file->path != in_memory)
        NT_TRY(check_files(file, error));
    if (!name || sqlite3_initialize() != SQLITE_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", file->path);
    if (sqlite3_open_v2(name, &file->db, flags | (file->to_write ? SQLITE_OPEN_CREATE : 0), NULL) !=
        SQLITE_OK) {
        bool none = !file->to_write && sqlite3_system_errno(file->db) == ENOENT;
        if (!none)
            return nt_store_file_failed(file, "open", error);
        nt_error_in(error, NT_INVALID, file->path, -1, "cannot open: %s", strerror(ENOENT));
        nt_error_hint(error, "give the folder of a suite that was run");
        return NT_INVALID;
    }
    if (file->to_write && sqlite3_db_readonly(file->db, "main")) {
        nt_error_in(error, NT_IO, file->path, -1, "is not writable");
        nt_error_hint(error, "%s", find_trouble(SQLITE_READONLY)->hint);
        return NT_IO;
    }
    sqlite3_busy_timeout(file->db, PATIENCE_MS);
    set_limits(file->db);
    return execute(file, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY", error);
}

nt_status nt_store_file_open(const char *folder, bool to_write, nt_store_file *ret,
                             nt_error *error) {
    nt_store_file file = {.to_write = to_write};
    nt_arena_init(&file.arena);
    file.path = folder ? nt_arena_printf(&file.arena, "%s/%s", folder, NT_STORE_NAME) : in_memory;
    nt_status status =
        file.path ? connect(&file, error)
                  : nt_error_say(error, NT_NO_MEMORY, "out of memory opening " NT_STORE_NAME);
    if (status == NT_OK && to_write)
        status = execute(&file, "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON", error);
    if (status == NT_OK)
        status = accept(&file, error);
    if (status == NT_OK) /* the file may have been switched to another kind of journal */
        status = execute(
            &file, to_write ? "PRAGMA journal_mode = DELETE" : "PRAGMA query_only = ON", error);
    if (status == NT_OK)
        *ret = file;
    else
        nt_store_file_close(&file);
    return status;
}

void nt_store_file_close(nt_store_file *file) {
    sqlite3_close(file->db);
    nt_arena_finish(&file->arena);
}
