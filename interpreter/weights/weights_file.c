/* The file's format by its first bytes, its tensors by that, then the part that has the network's,
 * names as the network has them, and the match. */
#include "weights_file.h"

#include "file.h"
#include "file_kind.h"
#include "name_map.h"
#include "state_match.h"
#include "weights_format.h"
#include <string.h>
#include <unistd.h>

enum { LISTED = 12 };

typedef struct reading {
    const nt_weights_source *source;
    const nt_progress *progress;
    const nt_network *network;
    nt_tensor_file file;
    nt_weights_parts parts;
    nt_name_map *map;
} reading;

/* What a part's tensors are called. */
typedef struct naming {
    const char **names; /* NULL: passed over */
    const char *prefix; /* taken off */
    const char *rival;  /* another that would do as well; NULL: none */
    nt_match match;
} naming;

/* --- the file --------------------------------------------------------------------------------- */

bool nt_weights_source_split(const char *written, nt_arena *arena, nt_weights_source *source) {
    const char *hash = access(written, F_OK) == 0 ? NULL : strrchr(written, '#');
    source->part = hash && hash != written && hash[1] ? hash + 1 : NULL;
    source->path = hash && hash != written
                       ? nt_arena_substring(arena, written, (size_t)(hash - written))
                       : written;
    return source->path != NULL;
}

/* Of what no format begins with, safetensors says best what it lacks. */
static const nt_weights_format *format_of(const unsigned char *first, size_t size) {
    for (const nt_kind *const *kind = nt_weights_formats; *kind; kind++) {
        const nt_weights_format *format = (const nt_weights_format *)*kind;
        if (format->begins(first, size))
            return format;
    }
    return (const nt_weights_format *)nt_weights_formats[0];
}

static nt_status open_file(nt_tensor_file *file, const nt_weights_source *source) {
    file->path = source->path;
    return nt_file_open(file->path, &file->fd, &file->size, file->error);
}

static nt_status read_parts(const nt_tensor_file *file, nt_weights_parts *ret) {
    unsigned char first[NT_FILE_KIND_BYTES];
    size_t size = file->size < NT_FILE_KIND_BYTES ? (size_t)file->size : NT_FILE_KIND_BYTES;
    NT_TRY(nt_tensor_file_pread(file, first, size, 0));
    return format_of(first, size)->read(file, ret);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool matches_any(const char *name, const char *patterns, nt_arena *arena) {
    char *all = patterns ? nt_arena_string(arena, patterns) : NULL, *rest;
    for (char *word = all ? strtok_r(all, " \t\n", &rest) : NULL; word;
         word = strtok_r(NULL, " \t\n", &rest))
        if (nt_text_matches(name, word))
            return true;
    return false;
}

/* Batch normalisation's own, and those that tools which count multiply-adds leave behind. */
static bool is_counter(const char *name) {
    static const char *const counters[] = {"num_batches_tracked", "total_ops", "total_params",
                                           NULL};
    const char *dot = strrchr(name, '.');
    for (const char *const *counter = counters; *counter; counter++)
        if (strcmp(dot ? dot + 1 : name, *counter) == 0)
            return true;
    return false;
}

static nt_status map_names(const reading *r, const nt_weights_part *part, naming *n) {
    nt_arena *arena = r->file.arena;
    n->names = NT_ARENA_ARRAY(arena, const char *, part->count + 1);
    if (!n->names)
        return nt_tensor_file_no_memory(&r->file);
    for (size_t i = 0; i < part->count; i++) {
        const char *name = part->entries[i].name;
        if (matches_any(name, r->source->extra, arena))
            continue;
        if (!(n->names[i] = nt_name_map_apply(r->map, name, arena)))
            return nt_tensor_file_no_memory(&r->file);
    }
    return NT_OK;
}

/* A name without the prefix is none of the network's, even if it is called so. */
static void take_prefix_off(const reading *r, const nt_weights_part *part, naming *n) {
    size_t length = strlen(n->prefix);
    for (size_t i = 0; i < part->count; i++) {
        if (!n->names[i])
            continue;
        if (strncmp(n->names[i], n->prefix, length) == 0)
            n->names[i] += length;
        else
            n->names[i] = n->prefix;
        if (is_counter(part->entries[i].name) && !nt_network_state(r->network, n->names[i]))
            n->names[i] = NULL;
    }
}

static nt_status name_part(const reading *r, const nt_weights_part *part, naming *ret) {
    naming n = {0};
    NT_TRY(map_names(r, part, &n));
    if (nt_name_prefix(n.names, part->count, r->network, r->file.arena, &n.prefix, &n.rival) !=
        NT_OK)
        return nt_tensor_file_no_memory(&r->file);
    take_prefix_off(r, part, &n);
    NT_TRY(nt_match_new(&r->file, r->network, part->entries, part->count, n.names, &n.match));
    *ret = n;
    return NT_OK;
}

static nt_status check_prefix(const reading *r, const naming *n) {
    if (!n->rival)
        return NT_OK;
    nt_error_in(r->file.error, NT_INVALID, r->file.path, -1,
                "as many of its tensors are the network's without '%s' as without '%s'",
                nt_tensor_file_show(&r->file, n->prefix), nt_tensor_file_show(&r->file, n->rival));
    nt_error_hint(r->file.error,
                  "pass over those that are not meant: 'extra' takes patterns, as "
                  "'%s*'",
                  nt_tensor_file_show(&r->file, n->rival));
    return NT_INVALID;
}

/* --- the part --------------------------------------------------------------------------------- */

static void add_part(const reading *r, const char *name, nt_text *text) {
    nt_text_printf(text, "%s'%s#%s'", text->length ? ", " : "", r->file.path,
                   nt_tensor_file_show(&r->file, name));
}

/* An error that lists parts of the file; `which` says which of them, NULL: all. */
static nt_status choose_one(const reading *r, const bool *which, const char *what) {
    nt_text text;
    size_t shown = 0;
    nt_text_init(&text);
    for (size_t i = 0; i < r->parts.count && shown < LISTED; i++)
        if (!which || which[i]) {
            add_part(r, r->parts.items[i].name, &text);
            shown++;
        }
    nt_error_in(r->file.error, NT_INVALID, r->file.path, -1, "%s", what);
    nt_error_hint(r->file.error, "say which: %s", text.bytes);
    nt_text_finish(&text);
    return NT_INVALID;
}

static bool better(nt_match_score a, nt_match_score b) {
    return a.shaped != b.shaped ? a.shaped > b.shaped : a.named > b.named;
}

/* The part that has the most of the network's tensors. */
static nt_status find_best(const reading *r, size_t *ret, naming *ret_naming) {
    nt_match_score best = {0};
    bool *best_ones = NT_ARENA_ARRAY(r->file.arena, bool, r->parts.count), several = false;
    if (!best_ones)
        return nt_tensor_file_no_memory(&r->file);
    for (size_t i = 0; i < r->parts.count; i++) {
        naming n;
        NT_TRY(name_part(r, &r->parts.items[i], &n));
        nt_match_score score = nt_match_rate(&n.match);
        if (i == 0 || better(score, best)) {
            memset(best_ones, 0, r->parts.count * sizeof *best_ones);
            best = score;
            *ret = i;
            *ret_naming = n;
            several = false;
        } else if (!better(best, score)) {
            several = true;
        }
        best_ones[i] = !better(best, score);
    }
    return several ? choose_one(r, best_ones,
                                best.named ? "several of its parts fit the network"
                                           : "none of its parts has a tensor of the network's")
                   : NT_OK;
}

static nt_status find_asked(const reading *r, size_t *ret, naming *ret_naming) {
    for (size_t i = 0; i < r->parts.count; i++)
        if (strcmp(r->parts.items[i].name, r->source->part) == 0) {
            *ret = i;
            return name_part(r, &r->parts.items[i], ret_naming);
        }
    if (r->parts.count == 1 && !r->parts.items[0].name[0]) {
        nt_error_in(r->file.error, NT_INVALID, r->file.path, -1, "has no parts, so no '%s'",
                    r->source->part);
        nt_error_hint(r->file.error, "leave out '#%s'", r->source->part);
        return NT_INVALID;
    }
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "has no tensors under '%s'", r->source->part);
    nt_status status = choose_one(r, NULL, text.bytes);
    nt_text_finish(&text);
    return status;
}

/* --- what is said ----------------------------------------------------------------------------- */

/* "'a', 'b' and 3 more"; nothing of no names. */
static void note_names(const reading *r, const char *what, const char *const *names, size_t count) {
    enum { SHOWN = 4 };
    nt_text text;
    nt_text_init(&text);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        nt_text_printf(&text, "%s'%s'", i ? ", " : "", nt_tensor_file_show(&r->file, names[i]));
    if (count > SHOWN)
        nt_text_printf(&text, " and %zu more", count - SHOWN);
    if (count > 0)
        nt_progress_note(r->progress, "%s: %s: %s", r->file.path, what, text.bytes);
    nt_text_finish(&text);
}

static nt_status note_lists(const reading *r, const nt_weights_part *part, const naming *n) {
    size_t most = part->count > r->network->state_count ? part->count : r->network->state_count;
    const char **names = NT_ARENA_ARRAY(r->file.arena, const char *, most + 1);
    size_t count = 0;
    if (!names)
        return nt_tensor_file_no_memory(&r->file);
    for (size_t i = 0; i < part->count; i++)
        if (!n->names[i])
            names[count++] = part->entries[i].name;
    note_names(r, "passed over", names, count);
    count = 0;
    for (size_t i = 0; i < r->network->state_count; i++)
        if (nt_match_lacks(&n->match, i))
            names[count++] = r->network->states[i].name;
    note_names(r, "not in it, and as the seed draws them", names, count);
    return NT_OK;
}

static nt_status note_all(const reading *r, const nt_weights_part *part, const naming *n) {
    const nt_weights_note note = nt_match_note(&n->match);
    char conversions[NT_WEIGHTS_NOTE_TEXT];
    if (!r->source->part && part->name[0])
        nt_progress_note(r->progress, "%s: its tensors under '%s' are taken", r->file.path,
                         nt_tensor_file_show(&r->file, part->name));
    if (n->prefix[0])
        nt_progress_note(r->progress, "%s: names are taken without their '%s'", r->file.path,
                         nt_tensor_file_show(&r->file, n->prefix));
    if (nt_weights_describe(&note, conversions))
        nt_progress_note(r->progress, "%s: %s", r->file.path, conversions);
    return note_lists(r, part, n);
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status read_open(reading *r, nt_weights *weights, bool *ret_absent) {
    size_t chosen = 0;
    naming n;
    NT_TRY(read_parts(&r->file, &r->parts));
    NT_TRY(r->source->part ? find_asked(r, &chosen, &n) : find_best(r, &chosen, &n));
    NT_TRY(check_prefix(r, &n));
    const nt_weights_part *part = &r->parts.items[chosen];
    nt_status status = nt_match_check(&n.match, r->source->lacks);
    if (status == NT_INVALID)
        nt_error_hint(r->file.error, "'map' gives tensors other names, 'extra' passes over some");
    NT_TRY(status);
    NT_TRY(nt_match_read(&n.match, weights));
    for (size_t i = 0; ret_absent && i < r->network->state_count; i++)
        ret_absent[i] = nt_match_lacks(&n.match, i);
    return note_all(r, part, &n);
}

nt_status nt_weights_read(const nt_weights_source *source, const nt_progress *progress,
                          nt_weights *weights, bool *ret_absent, nt_error *error) {
    nt_arena arena;
    reading r = {.source = source,
                 .progress = progress,
                 .network = nt_weights_network(weights),
                 .file = {.arena = &arena, .error = error}};
    nt_arena_init(&arena);
    nt_status status = nt_name_map_new(source->map, &r.map, error);
    if (status == NT_OK && (status = open_file(&r.file, source)) == NT_OK) {
        status = read_open(&r, weights, ret_absent);
        close(r.file.fd);
    }
    nt_name_map_free(r.map);
    nt_arena_finish(&arena);
    return status;
}

nt_status nt_weights_metadata(const nt_weights_source *source, nt_arena *arena,
                              const nt_metadata **ret, nt_error *error) {
    nt_tensor_file file = {.arena = arena, .error = error};
    nt_weights_parts parts;
    NT_TRY(open_file(&file, source));
    nt_status status = read_parts(&file, &parts);
    close(file.fd);
    if (status == NT_OK)
        *ret = parts.metadata;
    return status;
}

/* Only what the source says beyond the file adds to the file's own digest. */
static nt_status add_understanding(const nt_weights_source *source, char hex[NT_DIGEST_HEX],
                                   nt_error *error) {
    const char *map = source->map ? source->map : "", *extra = source->extra ? source->extra : "";
    if (!source->part && !map[0] && !extra[0] && !source->lacks)
        return NT_OK;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "file: %s\npart: ", hex);
    nt_text_add_quoted(&text, source->part);
    nt_text_add(&text, "\nmap: ");
    nt_text_add_quoted(&text, map);
    nt_text_add(&text, "\nextra: ");
    nt_text_add_quoted(&text, extra);
    nt_text_add(&text, source->lacks ? "\nmissing: initial\n" : "\n");
    bool fine = !text.failed && nt_digest_bytes(text.bytes, text.length, hex);
    nt_text_finish(&text);
    return fine ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

nt_status nt_weights_source_digest(const nt_weights_source *source, char hex[NT_DIGEST_HEX],
                                   nt_error *error) {
    NT_TRY(nt_file_digest(source->path, hex, error));
    return add_understanding(source, hex, error);
}
