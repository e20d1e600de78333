/* Matching by name, then what the file has against the network in one message, then reading into
 * weights of their own that are copied over once all went well. */
#include "state_match.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 12 };

static const char *name_of(const nt_match *m, size_t entry) {
    return m->names ? m->names[entry] : m->entries[entry].name;
}

static bool same_shape(const nt_entry *entry, nt_shape shape) {
    if (entry->rank != (size_t)shape.rank)
        return false;
    for (int i = 0; i < shape.rank; i++)
        if (entry->shape[i] != shape.dim[i])
            return false;
    return true;
}

static bool fits(const nt_entry *entry, const nt_state *state) {
    if (state->role == NT_COUNTER)
        return entry->encoding->to_counters != NULL;
    return same_shape(entry, state->type.shape) && entry->encoding->to_floats != NULL;
}

bool nt_match_lacks(const nt_match *match, size_t state) {
    return !match->found[state] && match->network->states[state].role != NT_COUNTER;
}

nt_status nt_match_new(const nt_tensor_file *file, const nt_network *network,
                       const nt_entry *entries, size_t count, const char *const *names,
                       nt_match *ret) {
    nt_match m = {file, network, entries, count, names, NULL};
    m.found = NT_ARENA_ARRAY(file->arena, const nt_entry *, network->state_count);
    if (!m.found)
        return nt_tensor_file_no_memory(file);
    for (size_t i = 0; i < count; i++) {
        const nt_state *state = name_of(&m, i) ? nt_network_state(network, name_of(&m, i)) : NULL;
        if (!state)
            continue;
        const nt_entry **found = &m.found[state - network->states];
        if (*found)
            return nt_error_in(file->error, NT_INVALID, file->path, -1,
                               "both '%s' and '%s' are '%s' of the network",
                               nt_tensor_file_show(file, (*found)->name),
                               nt_tensor_file_show(file, entries[i].name), state->name);
        *found = &entries[i];
    }
    *ret = m;
    return NT_OK;
}

nt_match_score nt_match_rate(const nt_match *match) {
    nt_match_score score = {0};
    for (size_t i = 0; i < match->network->state_count; i++) {
        const nt_state *state = &match->network->states[i];
        if (state->role == NT_COUNTER || !match->found[i])
            continue;
        score.named++;
        score.shaped += fits(match->found[i], state);
    }
    return score;
}

/* --- does the file fit the network? ----------------------------------------------------------- */

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

static void list_missing(const nt_match *m, nt_text *text) {
    list l = {.text = text, .title = "missing"};
    for (size_t i = 0; i < m->network->state_count; i++)
        l.total += nt_match_lacks(m, i);
    for (size_t i = 0; i < m->network->state_count; i++)
        if (nt_match_lacks(m, i) && next_item(&l))
            nt_text_printf(text, "'%s'", m->network->states[i].name);
    end_list(&l);
}

static bool is_extra(const nt_match *m, size_t entry) {
    const char *name = name_of(m, entry);
    return name && !nt_network_state(m->network, name);
}

/* Names that the network lacks, each with the missing one that it is near to. */
static void list_extra(const nt_match *m, nt_text *text) {
    list l = {.text = text, .title = "not in the network"};
    const char **names = NT_ARENA_ARRAY(m->file->arena, const char *, m->network->state_count + 1);
    for (size_t i = 0, count = 0; names && i < m->network->state_count; i++)
        if (nt_match_lacks(m, i))
            names[count++] = m->network->states[i].name;
    for (size_t i = 0; i < m->count; i++)
        l.total += is_extra(m, i);
    for (size_t i = 0; i < m->count && l.shown < l.total; i++) {
        if (!is_extra(m, i))
            continue;
        if (!next_item(&l))
            break;
        const char *near = names ? nt_nearest(name_of(m, i), names) : NULL;
        nt_text_printf(text, "'%s'", nt_tensor_file_show(m->file, m->entries[i].name));
        if (near)
            nt_text_printf(text, " (did you mean '%s'?)", near);
    }
    end_list(&l);
}

static void list_misfits(const nt_match *m, nt_text *text) {
    list l = {.text = text, .title = "of another shape or dtype"};
    const nt_state *states = m->network->states;
    for (size_t i = 0; i < m->network->state_count; i++)
        l.total += m->found[i] && !fits(m->found[i], &states[i]);
    for (size_t i = 0; i < m->network->state_count; i++) {
        const nt_entry *entry = m->found[i];
        if (!entry || fits(entry, &states[i]) || !next_item(&l))
            continue;
        char wanted[NT_SHAPE_TEXT];
        nt_text_printf(text, "'%s' is ", states[i].name);
        nt_entry_describe(entry, text);
        nt_text_printf(text, " (the network's: %s %s)",
                       states[i].role == NT_COUNTER ? "I64" : "F32",
                       nt_shape_format(states[i].type.shape, wanted));
    }
    end_list(&l);
}

nt_status nt_match_check(const nt_match *match, bool may_lack) {
    const nt_tensor_file *file = match->file;
    nt_text text;
    nt_text_init(&text);
    if (!may_lack || nt_match_rate(match).named == 0)
        list_missing(match, &text);
    list_extra(match, &text);
    list_misfits(match, &text);
    nt_status status = NT_OK;
    if (text.failed)
        status = nt_tensor_file_no_memory(file);
    else if (text.length > 0)
        status = nt_error_in(file->error, NT_INVALID, file->path, -1,
                             "the tensors are not those of network '%s': %s", match->network->name,
                             text.bytes);
    nt_text_finish(&text);
    return status;
}

/* --- the data --------------------------------------------------------------------------------- */

static void copy_weights(const nt_match *m, const nt_weights *from, nt_weights *to) {
    for (size_t i = 0; i < nt_weights_count(from); i++) {
        nt_tensor source = nt_weights_at(from, i), target = nt_weights_at(to, i);
        if (!nt_match_lacks(m, i))
            memcpy(target.data, source.data, (size_t)nt_type_stored(source.type) * sizeof(float));
    }
}

nt_status nt_match_read(const nt_match *match, nt_weights *weights) {
    nt_weights *fresh;
    nt_status status = NT_OK;
    if (nt_weights_new(match->network, &fresh) != NT_OK)
        return nt_tensor_file_no_memory(match->file);
    for (size_t i = 0; i < match->network->state_count && status == NT_OK; i++)
        if (match->found[i])
            status = nt_entry_read(match->file, match->found[i], &match->network->states[i],
                                   nt_weights_at(fresh, i));
    if (status == NT_OK)
        copy_weights(match, fresh, weights);
    nt_weights_free(fresh);
    return status;
}

/* --- what there is to say --------------------------------------------------------------------- */

nt_weights_note nt_match_note(const nt_match *match) {
    nt_weights_note note = {.tensors = (int32_t)match->count};
    for (size_t i = 0; i < match->network->state_count; i++) {
        const nt_state *state = &match->network->states[i];
        if (match->found[i] && state->role != NT_COUNTER) {
            const char *name = match->found[i]->encoding->name;
            note.from_f64 += strcmp(name, "F64") == 0;
            note.from_f16 += strcmp(name, "F16") == 0;
            note.from_bf16 += strcmp(name, "BF16") == 0;
        }
        note.absent_counters += !match->found[i] && state->role == NT_COUNTER;
    }
    return note;
}

bool nt_weights_describe(const nt_weights_note *note, char ret_text[NT_WEIGHTS_NOTE_TEXT]) {
    const struct {
        int32_t count;
        const char *name;
    } parts[] = {{note->from_f64, "F64"}, {note->from_f16, "F16"}, {note->from_bf16, "BF16"}};
    int length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count > 0)
            length += snprintf(ret_text + length, NT_WEIGHTS_NOTE_TEXT - (size_t)length,
                               "%s%d tensor%s from %s",
                               length ? ", " : "converted to float32: ", parts[i].count,
                               parts[i].count == 1 ? "" : "s", parts[i].name);
    return length > 0;
}
