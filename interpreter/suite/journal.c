/* Entries are kept in memory as read and as added; the file is only appended to. */
#include "journal.h"

#include "alloc.h"
#include "file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct entry {
    char key[NT_DIGEST_HEX];
    nt_outcome outcome;
} entry;

struct nt_journal {
    nt_arena arena;
    const char *path;
    FILE *file;
    entry *entries;
    size_t count, capacity;
    size_t before; /* entries that were read */
};

static bool remember(nt_journal *journal, const char *key, nt_outcome outcome) {
    void *entries = journal->entries;
    if (!nt_grow(&entries, &journal->capacity, journal->count, sizeof(entry)))
        return false;
    journal->entries = entries;
    entry *added = &journal->entries[journal->count++];
    memcpy(added->key, key, NT_DIGEST_HEX - 1);
    added->key[NT_DIGEST_HEX - 1] = '\0';
    added->outcome = outcome;
    return true;
}

/* Losses are written in hexadecimal, which is exact. */
static bool parse_line(const char *line, char key[NT_DIGEST_HEX], nt_outcome *ret) {
    int used = 0;
    return sscanf(line, "%64[0-9a-f],%d,%d,%la%n", key, &ret->total, &ret->correct, &ret->loss,
                  &used) == 4 &&
           strlen(key) == NT_DIGEST_HEX - 1 && line[used] == '\n';
}

static nt_status cannot_write(const nt_journal *journal, nt_error *error) {
    return nt_error_in(error, NT_IO, journal->path, -1, "cannot write: %s", strerror(errno));
}

/* Takes in the whole lines and cuts off what follows them, lest the next line complete it. */
static nt_status read_lines(nt_journal *journal, nt_error *error) {
    nt_bytes bytes;
    if (access(journal->path, F_OK) != 0)
        return NT_OK;
    NT_TRY(nt_file_read(journal->path, (size_t)1 << 30, &bytes, error));
    const char *line = (const char *)bytes.bytes;
    nt_status status = NT_OK;
    for (const char *end; (end = strchr(line, '\n')) && status == NT_OK; line = end + 1) {
        char key[NT_DIGEST_HEX];
        nt_outcome outcome;
        if (parse_line(line, key, &outcome) && !remember(journal, key, outcome))
            status = nt_error_say(error, NT_NO_MEMORY, "out of memory");
    }
    off_t whole = (off_t)(line - (const char *)bytes.bytes);
    nt_bytes_finish(&bytes);
    if (status == NT_OK && truncate(journal->path, whole) != 0)
        status = cannot_write(journal, error);
    return status;
}

nt_status nt_journal_open(const char *path, nt_journal **ret, nt_error *error) {
    nt_journal *journal = nt_alloc_zero(sizeof *journal);
    if (!journal)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_arena_init(&journal->arena);
    nt_status status = NT_OK;
    if (!(journal->path = nt_arena_string(&journal->arena, path)))
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK)
        status = read_lines(journal, error);
    if (status == NT_OK && !(journal->file = fopen(path, "ae")))
        status = cannot_write(journal, error);
    if (status != NT_OK) {
        nt_journal_close(journal);
        return status;
    }
    journal->before = journal->count;
    *ret = journal;
    return NT_OK;
}

void nt_journal_close(nt_journal *journal) {
    if (!journal)
        return;
    if (journal->file)
        fclose(journal->file);
    nt_free(journal->entries, journal->capacity * sizeof *journal->entries);
    nt_arena_finish(&journal->arena);
    nt_free(journal, sizeof *journal);
}

bool nt_journal_find(const nt_journal *journal, const char *key, nt_outcome *ret,
                     bool *ret_before) {
    for (size_t i = 0; i < journal->count; i++)
        if (strcmp(journal->entries[i].key, key) == 0) {
            *ret = journal->entries[i].outcome;
            if (ret_before)
                *ret_before = i < journal->before;
            return true;
        }
    return false;
}

nt_status nt_journal_add(nt_journal *journal, const char *key, nt_outcome outcome,
                         nt_error *error) {
    if (!remember(journal, key, outcome))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    fprintf(journal->file, "%s,%d,%d,%a\n", key, outcome.total, outcome.correct, outcome.loss);
    if (fflush(journal->file) != 0)
        return cannot_write(journal, error);
    return NT_OK;
}
