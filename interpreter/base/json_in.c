/* The functions are malloc and free underneath, so that they can be put in at any time, and texts
 * that jansson makes are freed as its manual says. */
#include "json_in.h"

#include "alloc.h"
#include <stdatomic.h>
#include <stdlib.h>

static atomic_bool any_failed;
static atomic_int countdown; /* of an injected failure */

static void *take(size_t size) {
    bool injected = countdown > 0 && --countdown == 0;
    void *block = injected ? NULL : malloc(size);
    if (!block) {
        any_failed = true;
        nt_alloc_count_failure();
    }
    return block;
}

bool nt_json_any_failed(void) {
    return any_failed;
}

bool nt_json_fail_at(int n) {
    bool came = countdown == 0;
    json_set_alloc_funcs(take, free);
    countdown = n;
    any_failed = false;
    return came;
}

json_t *nt_json_parse(const void *bytes, size_t size, json_error_t *ret_why) {
    bool before = any_failed;
    json_set_alloc_funcs(take, free);
    any_failed = false;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, ret_why);
    bool failed = any_failed;
    any_failed = before || failed;
    if (!failed)
        return root;
    json_decref(root);
    ret_why->text[sizeof ret_why->text - 1] =
        json_error_out_of_memory; /* as json_error_code has it */
    return NULL;
}

nt_status nt_json_load(const char *path, int64_t at, const void *bytes, size_t size, json_t **ret,
                       nt_error *error) {
    json_error_t why;
    json_t *root = nt_json_parse(bytes, size, &why);
    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    if (!root)
        return nt_error_in(error, NT_INVALID, path, at + why.position, "is not JSON: %s", why.text);
    *ret = root;
    return NT_OK;
}
