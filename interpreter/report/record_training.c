/* How a seed was trained, from its folder's metrics.csv. */
#include "record_private.h"

#include "file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_FILE = 1 << 29 };

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

/* A seed that was not trained has no such file. Lines that can't be read, such as the header, are
 * passed over. */
nt_status nt_record_read_training(nt_record *record, nt_record_seed *seed, nt_error *error) {
    const char *path =
        nt_arena_printf(&record->arena, "%s/seed-%d/metrics.csv", record->folder, (int)seed->seed);
    nt_bytes file;
    if (!path || access(path, F_OK) != 0)
        return path ? NT_OK : NT_NO_MEMORY;
    NT_TRY(nt_file_read(path, LARGEST_FILE, &file, error));
    const char *line = (const char *)file.bytes;
    int32_t lines = 0;
    for (const char *c = line; *c; c++)
        lines += *c == '\n';
    seed->epochs = nt_arena_alloc(&record->arena, ((size_t)lines + 1) * sizeof *seed->epochs);
    while (seed->epochs && seed->epoch_count < lines && (line = strchr(line, '\n')) != NULL)
        if (read_epoch(++line, &seed->epochs[seed->epoch_count]))
            seed->epoch_count++;
    nt_bytes_finish(&file);
    return seed->epochs ? NT_OK : NT_NO_MEMORY;
}
