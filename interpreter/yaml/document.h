/* A YAML text as a tree in which every node knows where it was written.
 *
 * YAML 1.1 as libyaml reads it, without its guesses: a scalar is its text, and whoever reads it
 * decides what it means. Maps keep their order. Refused, each with one error: keys that are no
 * scalars or come twice, merge keys, tags, several documents, none, what is not UTF-8, files over
 * 16 MiB, depth over 64, more than 100,000 nodes. An alias stands for its anchor's very node, and
 * counts for as many nodes as a copy would. */
#ifndef NT_DOCUMENT_H
#define NT_DOCUMENT_H

#include "diagnostic.h"

enum { NT_YAML_MOST_BYTES = 16 << 20, NT_YAML_MOST_NODES = 100000, NT_YAML_DEEPEST = 64 };

typedef enum nt_yaml_kind { NT_YAML_SCALAR, NT_YAML_MAP, NT_YAML_LIST } nt_yaml_kind;

typedef struct nt_yaml nt_yaml;

typedef struct nt_yaml_entry {
    const nt_yaml *key; /* a scalar */
    const nt_yaml *value;
} nt_yaml_entry;

struct nt_yaml {
    nt_yaml_kind kind;
    nt_location location;
    const char *text; /* of a scalar; never NULL there. Of what --set gives as a map or a list, how
                       * it was written, for fields that want a text; else NULL */
    bool quoted;      /* or a block scalar: then its text is a text and nothing else */
    int32_t count;    /* of a map's entries, a list's items */
    const nt_yaml_entry *entries;
    const nt_yaml *const *items;
    int32_t size;  /* nodes in all, this one included */
    int32_t depth; /* levels, this one included */
};

/* Owns its nodes and its source. */
typedef struct nt_document {
    nt_arena arena;
    nt_source source;
    const nt_yaml *root;
} nt_document;

/* "-" is standard input, which is read once, however often it is loaded. */
nt_status nt_document_load(const char *path, nt_document **ret, nt_error *error);

/* The same from memory; `path` is what diagnostics call it. All is copied. */
nt_status nt_document_parse(const char *path, const char *text, size_t length, nt_document **ret,
                            nt_error *error);

void nt_document_free(nt_document *document); /* takes NULL */

/* The value of a key, or NULL. `map` may be of any kind. */
const nt_yaml *nt_yaml_get(const nt_yaml *map, const char *key);

/* Where the value at a path of keys is written, as "data.root". Where it isn't: the last key on the
 * way to it that is; without one, the whole text. */
nt_location nt_yaml_location(const nt_yaml *root, const char *path);

/* Whether nothing was written: `key:` and no more. */
bool nt_yaml_absent(const nt_yaml *node);

#endif
