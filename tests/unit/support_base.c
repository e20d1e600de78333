#include "support_base.h"

/* --- a folder of one's own -------------------------------------------------------------------- */

int make_folder(void **state) {
    char *path = strdup("/tmp/nontrivial-test-XXXXXX");
    *state = path;
    return path && mkdtemp(path) ? 0 : -1;
}

int count_files(const char *folder) {
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        count += item->d_name[0] != '.';
    closedir(dir);
    return count;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

int drop_folder(void **state) {
    int status = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return status;
}

const char *path_in(const char *folder, const char *name) {
    static char paths[64][PATH_SIZE];
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* --- failing allocation ----------------------------------------------------------------------- */

static int allocations_left; /* negative: one has failed */
static bool for_good;

static void *failing_alloc(void *user, void *block, size_t old_size, size_t new_size) {
    (void)user;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (allocations_left == 0 || (allocations_left < 0 && for_good)) {
        allocations_left = -1;
        return NULL;
    }
    if (allocations_left > 0)
        allocations_left--;
    void *fresh = aligned_alloc(NT_ALIGN, (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN);
    if (fresh)
        memset(fresh, 0xA5, new_size);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

void allow_allocations(int count) {
    allocations_left = count;
    for_good = true;
    nt_alloc_set_hook(failing_alloc, NULL);
}

void fail_allocation(int after) {
    allow_allocations(after);
    for_good = false;
}

bool allow_all_allocations(void) {
    nt_alloc_set_hook(NULL, NULL);
    return allocations_left < 0;
}

/* --- errors ----------------------------------------------------------------------------------- */

const char *shown(const nt_error *error) {
    static char buffer[20000];
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, false, &text);
    snprintf(buffer, sizeof buffer, "%s", text.bytes);
    nt_text_finish(&text);
    return buffer;
}
