/* The composer: libyaml's events become nodes, bottom up. It recurses once a level, so the limit on
 * depth bounds its stack. */
#include "document.h"

#include "alloc.h"
#include "file.h"
#include "file_kind.h"
#include "name_table.h"
#include <string.h>
#include <yaml.h>

typedef struct anchor {
    const nt_yaml *node; /* NULL while it is being read */
} anchor;

typedef struct composer {
    yaml_parser_t parser;
    nt_document *document;
    nt_error *error;
    nt_name_table anchor_names; /* → position in: */
    anchor **anchors;           /* the newest of each name, which counts */
    size_t anchor_count, anchor_capacity;
    int32_t total; /* nodes, copies counted */
    int depth;
} composer;

/* --- places and errors ------------------------------------------------------------------------ */

static nt_location location_of(const composer *c, yaml_mark_t start, yaml_mark_t end) {
    bool one_line = start.line == end.line && end.column > start.column;
    return (nt_location){.source = &c->document->source,
                         .line = (uint32_t)start.line + 1,
                         .column = (uint32_t)start.column + 1,
                         .width = one_line ? (uint32_t)(end.column - start.column) : 1};
}

static nt_location event_location(const composer *c, const yaml_event_t *event) {
    return location_of(c, event->start_mark, event->end_mark);
}

static nt_status out_of_memory(const composer *c) {
    return nt_error_in(c->error, NT_NO_MEMORY, c->document->source.path, -1, "out of memory");
}

/* The byte at a place, or 0. */
static char byte_at(const nt_source *source, yaml_mark_t mark) {
    size_t at = 0;
    for (size_t i = 0; i < mark.index && at < source->length; i++)
        for (at++; at < source->length && ((unsigned char)source->text[at] & 0xC0) == 0x80;)
            at++;
    return source->text[at];
}

/* Whether a brace that belongs to an expression stands there, or just before. */
static bool is_bare_expression(const nt_source *source, yaml_mark_t mark) {
    for (int back = 0; back < 2 && mark.index > 0; back++, mark.index--)
        if (byte_at(source, mark) == '{') {
            mark.index--;
            return byte_at(source, mark) == '$';
        }
    return false;
}

static nt_status report_parser(composer *c) {
    const yaml_parser_t *parser = &c->parser;
    const nt_source *source = &c->document->source;
    const char *problem = parser->problem ? parser->problem : "can't be read";
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        return out_of_memory(c);
    case YAML_READER_ERROR:
        return nt_error_in(c->error, NT_INVALID, source->path, (int64_t)parser->problem_offset,
                           "%s", problem);
    default:
        break;
    }
    nt_location location = location_of(c, parser->problem_mark, parser->problem_mark);
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        nt_error_at(c->error, NT_INVALID, location, "%s, %s that starts in line %zu", problem,
                    parser->context, parser->context_mark.line + 1);
    else
        nt_error_at(c->error, NT_INVALID, location, "%s%s%s", problem, parser->context ? ", " : "",
                    parser->context ? parser->context : "");
    if (byte_at(source, parser->problem_mark) == '\t')
        nt_error_hint(c->error, "indent with spaces, not tabs");
    else if (is_bare_expression(source, parser->problem_mark))
        nt_error_hint(c->error, "quote expressions in a map or list in brackets: \"${...}\"");
    return NT_INVALID;
}

static nt_status next_event(composer *c, yaml_event_t *event) {
    return yaml_parser_parse(&c->parser, event) ? NT_OK : report_parser(c);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static nt_status compose(composer *c, const yaml_event_t *event, nt_yaml **ret);

static nt_status count_nodes(composer *c, int32_t more, nt_location location, bool alias) {
    if (more <= NT_YAML_MOST_NODES - c->total) {
        c->total += more;
        return NT_OK;
    }
    return nt_error_at(c->error, NT_INVALID, location,
                       alias ? "aliases expand to more than %d nodes"
                             : "the document has more than %d nodes",
                       NT_YAML_MOST_NODES);
}

static nt_status new_node(composer *c, nt_yaml_kind kind, const yaml_event_t *event,
                          nt_yaml **ret) {
    nt_location location = event_location(c, event);
    NT_TRY(count_nodes(c, 1, location, false));
    nt_yaml *node = NT_ARENA_NEW(&c->document->arena, nt_yaml);
    if (!node)
        return out_of_memory(c);
    *node = (nt_yaml){.kind = kind, .location = location, .size = 1, .depth = 1};
    if (kind != NT_YAML_SCALAR)
        node->location.width = 1;
    *ret = node;
    return NT_OK;
}

static nt_status refuse_tag(composer *c, const yaml_event_t *event, const yaml_char_t *tag) {
    if (!tag)
        return NT_OK;
    nt_error_at(c->error, NT_INVALID, event_location(c, event),
                "tags such as '%.40s' have no use here", (const char *)tag);
    nt_error_hint(c->error, "leave it out: who reads a value knows its type");
    return NT_INVALID;
}

static nt_status compose_scalar(composer *c, const yaml_event_t *event, nt_yaml **ret) {
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    NT_TRY(refuse_tag(c, event, event->data.scalar.tag));
    if (memchr(text, '\0', length))
        return nt_error_at(c->error, NT_INVALID, event_location(c, event),
                           "a text with a zero byte");
    NT_TRY(new_node(c, NT_YAML_SCALAR, event, ret));
    (*ret)->text = nt_arena_substring(&c->document->arena, text, length);
    (*ret)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return (*ret)->text ? NT_OK : out_of_memory(c);
}

static nt_status compose_alias(composer *c, const yaml_event_t *event, nt_yaml **ret) {
    const char *name = (const char *)event->data.alias.anchor;
    nt_location location = event_location(c, event);
    int32_t number = nt_name_table_find(&c->anchor_names, name);
    const anchor *found = number < 0 ? NULL : c->anchors[number];
    if (!found)
        return nt_error_at(c->error, NT_INVALID, location,
                           "no anchor '&%.60s' stands before this alias", name);
    if (!found->node)
        return nt_error_at(c->error, NT_INVALID, location,
                           "the anchor '&%.60s' would contain itself", name);
    NT_TRY(count_nodes(c, found->node->size, location, true));
    *ret = (nt_yaml *)found->node; /* shared, and from here on only read */
    return NT_OK;
}

static void adopt(nt_yaml *parent, const nt_yaml *child) {
    parent->size += child->size;
    if (child->depth >= parent->depth)
        parent->depth = child->depth + 1;
}

/* The next node, or NULL at the event that ends this collection. */
static nt_status compose_next(composer *c, yaml_event_type_t end, nt_yaml **ret) {
    yaml_event_t event;
    NT_TRY(next_event(c, &event));
    nt_status status = NT_OK;
    *ret = NULL;
    if (event.type != end)
        status = compose(c, &event, ret);
    yaml_event_delete(&event);
    return status;
}

/* Children are gathered in a growing array, which then moves into the arena. */
static nt_status compose_list(composer *c, nt_yaml *list) {
    const nt_yaml **items = NULL;
    size_t capacity = 0, count = 0;
    nt_yaml *child;
    nt_status status;
    while ((status = compose_next(c, YAML_SEQUENCE_END_EVENT, &child)) == NT_OK && child) {
        if (!nt_grow((void **)&items, &capacity, count, sizeof *items)) {
            status = out_of_memory(c);
            break;
        }
        items[count++] = child;
        adopt(list, child);
    }
    list->count = (int32_t)count;
    list->items = nt_arena_copy(&c->document->arena, items, count * sizeof *items);
    nt_free(items, capacity * sizeof *items);
    return status == NT_OK && !list->items ? out_of_memory(c) : status;
}

static nt_status check_key(composer *c, const nt_yaml *key) {
    if (key->kind != NT_YAML_SCALAR)
        return nt_error_at(c->error, NT_INVALID, key->location, "a key must be a word, not a %s",
                           key->kind == NT_YAML_MAP ? "map" : "list");
    if (strcmp(key->text, "<<") == 0 && !key->quoted) {
        nt_error_at(c->error, NT_INVALID, key->location, "merge keys are not supported");
        nt_error_hint(c->error, "write the keys out, or make a block with params");
        return NT_INVALID;
    }
    return NT_OK;
}

static nt_status say_duplicate(composer *c, const nt_yaml *map, int32_t i, int32_t first) {
    const nt_yaml *key = map->entries[i].key;
    return nt_error_at(c->error, NT_INVALID, key->location,
                       "the key '%.60s' is here a second time; the first is in line %u", key->text,
                       map->entries[first].key->location.line);
}

/* The first key like key i of a map of few; i: there is none before it. */
static int32_t first_like(const nt_yaml *map, int32_t i) {
    int32_t first = 0;
    while (strcmp(map->entries[first].key->text, map->entries[i].key->text) != 0)
        first++;
    return first;
}

static nt_status check_duplicates(composer *c, const nt_yaml *map) {
    enum { FEW = 8 };
    nt_name_table names;
    nt_arena scratch;
    nt_arena_init(&scratch);
    nt_name_table_init(&names, &scratch);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < map->count && status == NT_OK; i++) {
        const char *key = map->entries[i].key->text;
        int32_t first = map->count <= FEW ? first_like(map, i) : nt_name_table_find(&names, key);
        if (first >= 0 && first < i)
            status = say_duplicate(c, map, i, first);
        else if (map->count > FEW && !nt_name_table_add(&names, key, i))
            status = out_of_memory(c);
    }
    nt_arena_finish(&scratch);
    return status;
}

static nt_status compose_entry(composer *c, nt_yaml_entry *ret, bool *ret_end) {
    nt_yaml *key, *value;
    NT_TRY(compose_next(c, YAML_MAPPING_END_EVENT, &key));
    *ret_end = key == NULL;
    if (!key)
        return NT_OK;
    NT_TRY(check_key(c, key));
    NT_TRY(compose_next(c, YAML_NO_EVENT, &value));
    *ret = (nt_yaml_entry){.key = key, .value = value};
    return NT_OK;
}

static nt_status compose_map(composer *c, nt_yaml *map) {
    nt_yaml_entry *entries = NULL, entry;
    size_t capacity = 0, count = 0;
    bool end = false;
    nt_status status;
    while ((status = compose_entry(c, &entry, &end)) == NT_OK && !end) {
        if (!nt_grow((void **)&entries, &capacity, count, sizeof *entries)) {
            status = out_of_memory(c);
            break;
        }
        entries[count++] = entry;
        adopt(map, entry.key);
        adopt(map, entry.value);
    }
    map->count = (int32_t)count;
    map->entries = nt_arena_copy(&c->document->arena, entries, count * sizeof *entries);
    nt_free(entries, capacity * sizeof *entries);
    NT_TRY(status);
    return map->entries ? check_duplicates(c, map) : out_of_memory(c);
}

static nt_status compose_collection(composer *c, const yaml_event_t *event, nt_yaml **ret) {
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    NT_TRY(refuse_tag(c, event,
                      is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag));
    NT_TRY(new_node(c, is_map ? NT_YAML_MAP : NT_YAML_LIST, event, ret));
    return is_map ? compose_map(c, *ret) : compose_list(c, *ret);
}

static const yaml_char_t *anchor_of(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    default:
        return NULL;
    }
}

/* Room for the newest anchor of a name; NULL when out of memory. */
static anchor **anchor_called(composer *c, const char *name) {
    int32_t number = nt_name_table_find(&c->anchor_names, name);
    if (number >= 0)
        return &c->anchors[number];
    const char *copy = nt_arena_string(&c->document->arena, name);
    void *anchors = c->anchors;
    bool grown = nt_grow(&anchors, &c->anchor_capacity, c->anchor_count, sizeof(anchor *));
    c->anchors = anchors;
    if (!copy || !grown || !nt_name_table_add(&c->anchor_names, copy, (int32_t)c->anchor_count))
        return NULL;
    return &c->anchors[c->anchor_count++];
}

/* The anchor that the event declares, in *ret; NULL if it declares none. */
static nt_status declare_anchor(composer *c, const yaml_event_t *event, anchor **ret) {
    const char *name = (const char *)anchor_of(event);
    *ret = NULL;
    if (!name)
        return NT_OK;
    anchor **newest = anchor_called(c, name), *fresh = NT_ARENA_NEW(&c->document->arena, anchor);
    if (!newest || !fresh)
        return out_of_memory(c);
    *ret = *newest = fresh;
    return NT_OK;
}

static nt_status compose(composer *c, const yaml_event_t *event, nt_yaml **ret) {
    anchor *declared;
    NT_TRY(declare_anchor(c, event, &declared));
    c->depth++;
    nt_status status;
    if (c->depth > NT_YAML_DEEPEST)
        status = NT_OK;
    else if (event->type == YAML_ALIAS_EVENT)
        status = compose_alias(c, event, ret);
    else if (event->type == YAML_SCALAR_EVENT)
        status = compose_scalar(c, event, ret);
    else
        status = compose_collection(c, event, ret);
    if (status == NT_OK &&
        (c->depth > NT_YAML_DEEPEST || c->depth + (*ret)->depth - 1 > NT_YAML_DEEPEST))
        status = nt_error_at(c->error, NT_INVALID, event_location(c, event),
                             "nested more than %d levels deep", NT_YAML_DEEPEST);
    c->depth--;
    if (declared && status == NT_OK)
        declared->node = *ret;
    return status;
}

/* --- documents -------------------------------------------------------------------------------- */

static nt_status compose_stream(composer *c) {
    for (;;) {
        yaml_event_t event;
        NT_TRY(next_event(c, &event));
        yaml_event_type_t type = event.type;
        nt_status status = NT_OK;
        nt_yaml *root;
        if (type == YAML_DOCUMENT_START_EVENT && c->document->root) {
            nt_location location = event_location(c, &event);
            location.width = 1;
            status = nt_error_at(c->error, NT_INVALID, location,
                                 "a second document starts here; a file holds one");
        } else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                   type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT) {
            status = compose(c, &event, &root);
            if (status == NT_OK)
                c->document->root = root;
        }
        yaml_event_delete(&event);
        if (status != NT_OK || type == YAML_STREAM_END_EVENT)
            return status;
    }
}

/* The offset of the first byte that is not UTF-8 (RFC 3629), or -1. */
static int64_t find_foreign(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        unsigned char lead = bytes[i];
        size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || more >= length - i)
            return (int64_t)i;
        for (size_t j = 1; j <= more; j++)
            if ((bytes[i + j] & 0xC0) != 0x80)
                return (int64_t)i;
        if ((lead == 0xE0 && bytes[i + 1] < 0xA0) || (lead == 0xED && bytes[i + 1] > 0x9F) ||
            (lead == 0xF0 && bytes[i + 1] < 0x90) || (lead == 0xF4 && bytes[i + 1] > 0x8F))
            return (int64_t)i;
        i += more + 1;
    }
    return -1;
}

/* libyaml holds each line that begins with % to all of those before. Nobody needs more than one. */
static nt_status check_directives(const nt_source *source, nt_error *error) {
    enum { MOST = 64 };
    int count = 0;
    uint32_t line = 1;
    for (const char *at = source->text; at; line++) {
        count += *at == '%';
        if (count > MOST)
            return nt_error_at(
                error, NT_INVALID,
                (nt_location){.source = source, .line = line, .column = 1, .width = 1},
                "more than %d lines begin with '%%'; such directives have no use here", MOST);
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return NT_OK;
}

static nt_status fill(nt_document *document, nt_error *error) {
    const nt_source *source = &document->source;
    int64_t foreign = find_foreign(source->text, source->length);
    if (foreign >= 0)
        return nt_error_in(error, NT_INVALID, source->path, foreign, "is not UTF-8");
    NT_TRY(check_directives(source, error));
    composer c = {.document = document, .error = error};
    nt_name_table_init(&c.anchor_names, &document->arena);
    if (!yaml_parser_initialize(&c.parser))
        return out_of_memory(&c);
    yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)source->text, source->length);
    nt_status status = compose_stream(&c);
    yaml_parser_delete(&c.parser);
    nt_free(c.anchors, c.anchor_capacity * sizeof *c.anchors);
    NT_TRY(status);
    if (!document->root || nt_yaml_absent(document->root))
        return nt_error_in(error, NT_INVALID, source->path, -1, "is empty");
    return NT_OK;
}

nt_status nt_document_parse(const char *path, const char *text, size_t length, nt_document **ret,
                            nt_error *error) {
    if (length > NT_YAML_MOST_BYTES)
        return nt_error_in(error, NT_INVALID, path, -1,
                           "has %zu bytes, more than the %d that such a file may have", length,
                           (int)NT_YAML_MOST_BYTES);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        text += 3;
        length -= 3;
    }
    nt_document *document = nt_alloc_zero(sizeof *document);
    if (!document)
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    nt_arena_init(&document->arena);
    document->source.path = nt_arena_string(&document->arena, path);
    document->source.text = nt_arena_substring(&document->arena, text, length);
    document->source.length = length;
    nt_status status = NT_OK;
    if (!document->source.path || !document->source.text)
        status = nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    else
        status = fill(document, error);
    if (status != NT_OK) {
        nt_document_free(document);
        return status;
    }
    *ret = document;
    return NT_OK;
}

/* Standard input, kept for who loads it once more: as a suite, say, once it is known to be one. */
static nt_status load_input(nt_document **ret, nt_error *error) {
    static const nt_bytes *input;
    if (!input)
        NT_TRY(nt_file_read_input(NT_YAML_MOST_BYTES, &input, error));
    return nt_document_parse(NT_STANDARD_INPUT, (const char *)input->bytes, input->size, ret,
                             error);
}

nt_status nt_document_load(const char *path, nt_document **ret, nt_error *error) {
    if (strcmp(path, "-") == 0)
        return load_input(ret, error);
    nt_bytes bytes;
    NT_TRY(nt_file_kind_refuse_at(path, NT_FILE_AS_TEXT, error));
    NT_TRY(nt_file_read(path, NT_YAML_MOST_BYTES, &bytes, error));
    nt_status status = nt_document_parse(path, (const char *)bytes.bytes, bytes.size, ret, error);
    nt_bytes_finish(&bytes);
    return status;
}

void nt_document_free(nt_document *document) {
    if (!document)
        return;
    nt_arena_finish(&document->arena);
    nt_free(document, sizeof *document);
}

const nt_yaml *nt_yaml_get(const nt_yaml *map, const char *key) {
    for (int32_t i = 0; map->kind == NT_YAML_MAP && i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value;
    return NULL;
}

static const nt_yaml_entry *entry_of(const nt_yaml *map, const char *key, size_t length) {
    for (int32_t i = 0; map->kind == NT_YAML_MAP && i < map->count; i++) {
        const char *name = map->entries[i].key->text;
        if (strncmp(name, key, length) == 0 && name[length] == '\0')
            return &map->entries[i];
    }
    return NULL;
}

nt_location nt_yaml_location(const nt_yaml *root, const char *path) {
    nt_location location = {.source = root->location.source};
    const nt_yaml_entry *entry = NULL;
    for (const nt_yaml *map = root;; map = entry->value) {
        size_t length = strcspn(path, ".");
        entry = entry_of(map, path, length);
        if (!entry)
            return location;
        if (!path[length])
            return entry->value->location;
        location = entry->key->location;
        path += length + 1;
    }
}

bool nt_yaml_absent(const nt_yaml *node) {
    return node->kind == NT_YAML_SCALAR && !node->quoted && node->text[0] == '\0';
}
