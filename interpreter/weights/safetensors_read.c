/* Reading weights: the header first, then what it has against the network, then the data, tensor by
 * tensor in pieces, into weights of their own that are copied over once all went well. */
#include "safetensors.h"
#include "safetensors_header.h"

#include "alloc.h"
#include "file.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, LISTED = 12 };

typedef struct reading {
    const char *path;
    int fd;
    nt_arena *arena;
    nt_header header;
    const nt_network *network;
    const nt_entry **found; /* one a state; NULL: not in the file */
    nt_error *error;
} reading;

static nt_status no_memory(const reading *r) {
    return nt_error_say(r->error, NT_NO_MEMORY, "out of memory reading %s", r->path);
}

/* --- does the file fit the network? ----------------------------------------------------------- */

static bool same_shape(const nt_entry *entry, nt_shape shape) {
    if (entry->rank != (size_t)shape.rank)
        return false;
    for (int i = 0; i < shape.rank; i++)
        if (entry->shape[i] != shape.dim[i])
            return false;
    return true;
}

static bool readable(const nt_entry *entry, nt_role role) {
    return role == NT_COUNTER ? entry->encoding->to_counters != NULL
                              : entry->encoding->to_floats != NULL;
}

static bool fits(const nt_entry *entry, const nt_state *state) {
    return same_shape(entry, state->type.shape) && readable(entry, state->role);
}

static bool missing(const reading *r, size_t state) {
    return !r->found[state] && r->network->states[state].role != NT_COUNTER;
}

static nt_status match(reading *r) {
    const nt_network *network = r->network;
    r->found = NT_ARENA_ARRAY(r->arena, const nt_entry *, network->state_count);
    if (!r->found)
        return no_memory(r);
    for (size_t i = 0; i < r->header.count; i++) {
        const nt_state *state = nt_network_state(network, r->header.entries[i].name);
        if (state)
            r->found[state - network->states] = &r->header.entries[i];
    }
    return NT_OK;
}

/* One of the lists of a message: "2 are missing: 'a', 'b'". */
typedef struct list {
    nt_text *text;
    const char *title; /* with %zu for their number */
    size_t total, shown;
} list;

/* Whether the next item is to be written; `list` counts it either way. */
static bool next_item(list *l) {
    if (l->shown == LISTED)
        return false;
    if (l->shown == 0)
        nt_text_printf(l->text, "%s%zu %s: ", l->text->length ? "; " : "", l->total, l->title);
    else
        nt_text_add(l->text, ", ");
    l->shown++;
    return true;
}

static void end_list(list *l) {
    if (l->total > l->shown)
        nt_text_printf(l->text, " and %zu more", l->total - l->shown);
}

static void list_missing(const reading *r, nt_text *text) {
    list l = {.text = text, .title = "missing"};
    for (size_t i = 0; i < r->network->state_count; i++)
        l.total += missing(r, i);
    for (size_t i = 0; i < r->network->state_count; i++)
        if (missing(r, i) && next_item(&l))
            nt_text_printf(text, "'%s'", r->network->states[i].name);
    end_list(&l);
}

/* Names that the network lacks, each with the missing one that it is near to. */
static void list_extra(const reading *r, nt_text *text) {
    list l = {.text = text, .title = "not in the network"};
    const char **names = NT_ARENA_ARRAY(r->arena, const char *, r->network->state_count + 1);
    for (size_t i = 0, count = 0; names && i < r->network->state_count; i++)
        if (missing(r, i))
            names[count++] = r->network->states[i].name;
    for (size_t i = 0; i < r->header.count; i++)
        l.total += !nt_network_state(r->network, r->header.entries[i].name);
    for (size_t i = 0; i < r->header.count && l.shown < l.total; i++) {
        const char *name = r->header.entries[i].name;
        if (nt_network_state(r->network, name))
            continue;
        if (!next_item(&l))
            break;
        const char *near = names ? nt_nearest(name, names) : NULL;
        nt_text_printf(text, "'%s'", nt_header_show(r->arena, name));
        if (near)
            nt_text_printf(text, " (did you mean '%s'?)", near);
    }
    end_list(&l);
}

static void add_shape(nt_text *text, const nt_entry *entry) {
    enum { MOST = 8 };
    if (entry->rank == 0)
        nt_text_add(text, "scalar");
    for (size_t i = 0; i < entry->rank && i < MOST; i++)
        nt_text_printf(text, "%s%lld", i ? "x" : "", (long long)entry->shape[i]);
    if (entry->rank > MOST)
        nt_text_add(text, "x...");
}

static void list_misfits(const reading *r, nt_text *text) {
    list l = {.text = text, .title = "of another shape or dtype"};
    const nt_state *states = r->network->states;
    for (size_t i = 0; i < r->network->state_count; i++)
        l.total += r->found[i] && !fits(r->found[i], &states[i]);
    for (size_t i = 0; i < r->network->state_count; i++) {
        const nt_entry *entry = r->found[i];
        if (!entry || fits(entry, &states[i]) || !next_item(&l))
            continue;
        char wanted[NT_SHAPE_TEXT];
        nt_text_printf(text, "'%s' is %s ", states[i].name, entry->encoding->name);
        add_shape(text, entry);
        nt_text_printf(text, " (the network's: %s %s)",
                       states[i].role == NT_COUNTER ? "I64" : "F32",
                       nt_shape_format(states[i].type.shape, wanted));
    }
    end_list(&l);
}

static nt_status check_fit(const reading *r) {
    nt_text text;
    nt_text_init(&text);
    list_missing(r, &text);
    list_extra(r, &text);
    list_misfits(r, &text);
    nt_status status = NT_OK;
    if (text.failed)
        status = no_memory(r);
    else if (text.length > 0)
        status = nt_error_in(r->error, NT_INVALID, r->path, -1,
                             "the tensors are not those of network '%s': %s", r->network->name,
                             text.bytes);
    nt_text_finish(&text);
    return status;
}

/* --- the data --------------------------------------------------------------------------------- */

/* Decodes a tensor's elements in the file's order; `to` is floats or, for a counter, an int32. */
static nt_status read_elements(const reading *r, const nt_entry *entry, nt_role role,
                               unsigned char *piece, void *to) {
    int64_t width = entry->encoding->width, start = r->header.data_start;
    for (int64_t at = entry->begin; at < entry->end;) {
        int64_t left = entry->end - at, size = left < PIECE ? left : PIECE;
        size_t count = (size_t)(size / width), first = (size_t)((at - entry->begin) / width);
        NT_TRY(nt_header_pread(r->fd, r->path, piece, (size_t)size, start + at, r->error));
        size_t done = role == NT_COUNTER
                          ? entry->encoding->to_counters(piece, count, (int32_t *)to + first)
                          : entry->encoding->to_floats(piece, count, (float *)to + first);
        if (done < count)
            return nt_error_in(r->error, NT_INVALID, r->path, start + at + (int64_t)done * width,
                               "element %zu of '%s' is too large for %s", first + done, entry->name,
                               role == NT_COUNTER ? "a counter" : "float32");
        at += size;
    }
    return NT_OK;
}

/* Whether the numbers, in the file's order, are such as can be computed with. */
static nt_status check_numbers(const reading *r, const nt_entry *entry, const nt_state *state,
                               const float *rows) {
    int64_t flaw = nt_state_flaw(state, rows, nt_shape_elements(state->type.shape));
    if (flaw < 0)
        return NT_OK;
    int64_t offset = r->header.data_start + entry->begin + flaw * entry->encoding->width;
    double value = (double)rows[flaw];
    if (isfinite(value))
        nt_error_in(r->error, NT_INVALID, r->path, offset,
                    "element %lld of '%s' is %g, but no variance is below 0", (long long)flaw,
                    state->name, value);
    else
        nt_error_in(r->error, NT_INVALID, r->path, offset, "element %lld of '%s' is %s",
                    (long long)flaw, state->name, isnan(value) ? "not a number" : "infinite");
    nt_error_hint(r->error, "nothing can be measured with it: save the weights again, from before "
                            "the training diverged");
    return NT_INVALID;
}

static nt_status read_tensor(const reading *r, const nt_entry *entry, const nt_state *state,
                             unsigned char *piece, const nt_tensor *tensor) {
    if (state->role == NT_COUNTER)
        return read_elements(r, entry, state->role, piece, tensor->i);
    size_t size = (size_t)nt_shape_elements(tensor->type.shape) * sizeof(float);
    float *rows = nt_alloc(size);
    if (!rows)
        return no_memory(r);
    nt_status status = read_elements(r, entry, state->role, piece, rows);
    if (status == NT_OK)
        status = check_numbers(r, entry, state, rows);
    if (status == NT_OK)
        nt_tensor_from_rows(tensor->type, rows, tensor->f);
    nt_free(rows, size);
    return status;
}

static nt_status read_data(const reading *r, nt_weights *weights) {
    unsigned char *piece = nt_alloc(PIECE);
    nt_status status = piece ? NT_OK : no_memory(r);
    for (size_t i = 0; i < r->network->state_count && status == NT_OK; i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        if (r->found[i])
            status = read_tensor(r, r->found[i], &r->network->states[i], piece, &tensor);
    }
    nt_free(piece, PIECE);
    return status;
}

static nt_safetensors_note take_note(const reading *r) {
    nt_safetensors_note note = {.tensors = (int32_t)r->header.count};
    for (size_t i = 0; i < r->header.count; i++) {
        const char *name = r->header.entries[i].encoding->name;
        note.from_f64 += strcmp(name, "F64") == 0;
        note.from_f16 += strcmp(name, "F16") == 0;
        note.from_bf16 += strcmp(name, "BF16") == 0;
    }
    for (size_t i = 0; i < r->network->state_count; i++)
        note.absent_counters += !r->found[i];
    return note;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void copy_weights(const nt_weights *from, nt_weights *to) {
    for (size_t i = 0; i < nt_weights_count(from); i++) {
        nt_tensor source = nt_weights_at(from, i), target = nt_weights_at(to, i);
        memcpy(target.data, source.data, (size_t)nt_type_stored(source.type) * sizeof(float));
    }
}

static nt_status read_file(reading *r, nt_weights *weights, nt_safetensors_note *ret_note) {
    nt_weights *fresh;
    NT_TRY(nt_header_read(r->fd, r->path, r->arena, &r->header, r->error));
    NT_TRY(match(r));
    NT_TRY(check_fit(r));
    if (nt_weights_new(r->network, &fresh) != NT_OK)
        return no_memory(r);
    nt_status status = read_data(r, fresh);
    if (status == NT_OK)
        copy_weights(fresh, weights);
    if (status == NT_OK && ret_note)
        *ret_note = take_note(r);
    nt_weights_free(fresh);
    return status;
}

nt_status nt_safetensors_read(const char *path, nt_weights *weights, nt_safetensors_note *ret_note,
                              nt_error *error) {
    int fd;
    int64_t size;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    nt_arena arena;
    nt_arena_init(&arena);
    reading r = {.path = path,
                 .fd = fd,
                 .arena = &arena,
                 .network = nt_weights_network(weights),
                 .error = error};
    nt_status status = read_file(&r, weights, ret_note);
    nt_arena_finish(&arena);
    close(fd);
    return status;
}

const char *nt_metadata_find(const nt_metadata *metadata, const char *key) {
    for (; metadata->key; metadata++)
        if (strcmp(metadata->key, key) == 0)
            return metadata->value;
    return NULL;
}

nt_status nt_safetensors_metadata(const char *path, nt_arena *arena, const nt_metadata **ret,
                                  nt_error *error) {
    nt_header header;
    int fd;
    int64_t size;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    nt_status status = nt_header_read(fd, path, arena, &header, error);
    close(fd);
    if (status == NT_OK)
        *ret = header.metadata;
    return status;
}

bool nt_safetensors_describe(const nt_safetensors_note *note, char ret_text[NT_SAFETENSORS_TEXT]) {
    const struct {
        int32_t count;
        const char *name;
    } parts[] = {{note->from_f64, "F64"}, {note->from_f16, "F16"}, {note->from_bf16, "BF16"}};
    int length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count > 0)
            length += snprintf(ret_text + length, NT_SAFETENSORS_TEXT - (size_t)length,
                               "%s%d tensor%s from %s",
                               length ? ", " : "converted to float32: ", parts[i].count,
                               parts[i].count == 1 ? "" : "s", parts[i].name);
    return length > 0;
}
