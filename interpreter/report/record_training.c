/* How a seed was trained, from its folder's metrics.csv. */
#include "record_private.h"

#include "beneath.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 28 };

/* A line of metrics.csv; what is empty was not measured. False: it is none. */
static bool read_epoch(const char *line, nt_record_epoch *ret) {
    enum { COLUMNS = 7 };
    double numbers[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        char *end = (char *)(uintptr_t)line;
        numbers[i] = *line == ',' || *line == '\n' ? (double)NAN : strtod(line, &end);
        if (*end != (i < COLUMNS - 1 ? ',' : '\n'))
            return false;
        line = end + 1;
    }
    if (!(numbers[0] >= 1 && numbers[0] <= INT32_MAX))
        return false;
    *ret = (nt_record_epoch){(int32_t)numbers[0], numbers[1], numbers[2], numbers[3],
                             numbers[4],          numbers[5], numbers[6]};
    return true;
}

static nt_status read_lines(nt_record *record, nt_record_seed *seed, const char *path,
                            const char *line, nt_error *error) {
    int32_t lines = 0;
    for (const char *c = line; *c; c++)
        lines += *c == '\n';
    seed->epochs = nt_arena_alloc(&record->arena, ((size_t)lines + 1) * sizeof *seed->epochs);
    if (!seed->epochs)
        return NT_NO_MEMORY;
    line = strchr(line, '\n'); /* the header's end */
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        if (!read_epoch(line + 1, &seed->epochs[seed->epoch_count]))
            return nt_error_in(error, NT_INVALID, path, -1,
                               "line %d is not an epoch's: 7 numbers, the first from 1 on",
                               (int)seed->epoch_count + 2);
        seed->epoch_count++;
    }
    return NT_OK;
}

/* A seed that was not trained has no such file. */
nt_status nt_record_read_training(nt_record *record, nt_record_seed *seed, nt_error *error) {
    const char *path =
        nt_arena_printf(&record->arena, "%s/seed-%d/metrics.csv", record->folder, (int)seed->seed);
    nt_bytes file;
    if (!path || !nt_beneath_there(path))
        return path ? NT_OK : NT_NO_MEMORY;
    NT_TRY(nt_beneath_read(record->folder, path, LARGEST_FILE, &file, error));
    nt_status status = read_lines(record, seed, path, (const char *)file.bytes, error);
    nt_bytes_finish(&file);
    return status;
}
