#include "kernel.h"

#include "alloc.h"
#include "hash.h"

nt_status nt_derive_changed(const nt_derivation *from, nt_change_rows *change, nt_tensor to) {
    nt_type type = from->state->type;
    size_t count = (size_t)nt_shape_elements(type.shape);
    float *rows = nt_alloc(count * sizeof *rows);
    if (!rows)
        return NT_NO_MEMORY;
    nt_tensor_to_rows(type, from->trained->f, rows);
    change(from, rows, count);
    nt_tensor_from_rows(type, rows, to.f);
    nt_free(rows, count * sizeof *rows);
    return NT_OK;
}

uint64_t nt_ablation_key(const nt_ablation *kind, int64_t seed) {
    return nt_hash_word(nt_hash_string(0, kind->kind.name), (uint64_t)seed);
}
