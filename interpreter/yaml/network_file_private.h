/* What the files of the graph language share; nobody else includes it. */
#ifndef NT_NETWORK_FILE_PRIVATE_H
#define NT_NETWORK_FILE_PRIVATE_H

#include "budget.h"
#include "name_table.h"
#include "network_file.h"
#include "reader.h"

/* What a name of `nodes` or `inputs` stands for. */
typedef struct nt_binding {
    const char *name;
    nt_location location;
    nt_value value;
    bool unknown; /* it was in error, or reads something that was */
    bool holds;   /* it is a block or a group: nodes lie within it */
    bool absent;  /* its node isn't there, or may not be: another one may take the name */
} nt_binding;

typedef struct nt_bindings {
    nt_arena *arena;
    nt_name_table names; /* → position in items */
    nt_binding *items;
    int32_t count, capacity;
} nt_bindings;

void nt_bindings_init(nt_bindings *bindings, nt_arena *arena);
const nt_binding *nt_bindings_find(const nt_bindings *bindings, const char *name); /* or NULL */
/* Replaces the one of that name, which was absent. */
bool nt_bindings_add(nt_bindings *bindings, const nt_binding *binding);
void nt_bindings_remove(nt_bindings *bindings, const char *name);

typedef struct nt_variable {
    const char *name;
    nt_scalar value;
} nt_variable;

/* The names that a place in the file sees, its own first. Without `nodes` it has variables only. */
typedef struct nt_scope {
    struct nt_loader *loader;
    const struct nt_scope *outer; /* NULL at the edge of a block or of the file */
    const char *prefix;           /* of its nodes' full names: "layer1.0.", */
    int32_t first;                /* which come after so many of the loader's paths */
    const nt_variable *variables;
    int variable_count;
    const nt_name_table *variable_names; /* → position; NULL: there are few */
    nt_bindings bindings;                /* inputs, then nodes as they are expanded */
    const nt_yaml *nodes;                /* the map that they come from */
    bool incomplete;                     /* some names could not be known */
    nt_variables view;                   /* of this scope, for expressions */
} nt_scope;

void nt_scope_init(nt_scope *scope, struct nt_loader *loader, const nt_scope *outer);

/* What `name` stands for: a node or an input that the scope sees, or, as NODE.NAME, what lies
 * within such a node; reported at `at` if it is nothing. */
nt_status nt_scope_resolve(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                           const char *name, nt_binding *ret);

/* A declared parameter of a block or a graph. */
typedef struct nt_formal {
    const char *name;
    const nt_yaml *key, *value; /* as it is declared */
    const nt_yaml *fallback;    /* NULL: must be given */
    const char *const *choices; /* NULL-terminated, or NULL: any */
    bool broken;                /* declared wrongly, and that has been said: unknown */
} nt_formal;

typedef struct nt_formals {
    const nt_formal *items;
    int count;
    nt_name_table names; /* → position in items */
} nt_formals;

typedef struct nt_definition {
    const char *name;
    const nt_yaml *key, *body;
    nt_formals formals;
    const char *const *inputs; /* names */
    int input_count;
    const nt_yaml *nodes;
    const nt_yaml *output; /* or NULL: the last node */
    bool broken;           /* in error, and that has been said */
    bool active;           /* being expanded */
} nt_definition;

typedef struct nt_loader {
    nt_arena arena;   /* of everything that is gone once the network is built */
    nt_budget budget; /* of this arena, the network, and the documents */
    nt_error *error;
    nt_sandbox *sandbox;
    nt_network *network;
    nt_document **documents; /* the file, then what it includes */
    size_t document_count, document_capacity;
    nt_name_table files;       /* included so far */
    nt_name_table block_names; /* → position in definitions */
    nt_definition **definitions;
    size_t definition_count, definition_capacity;
    nt_bindings paths; /* of every node, by its full name */
    nt_name_table output_names;
    int32_t visited;   /* nodes, whatever became of them */
    int32_t repeated;  /* diagnostics that were taken back */
    bool incomplete;   /* the names of some nodes could not be known */
    bool lacks_blocks; /* some file of them could not be read */
    bool stopped;      /* a limit was passed: going on is pointless */
} nt_loader;

/* Makes an empty one; either way it is to be ended, which leaves the network. */
nt_status nt_loader_begin(nt_loader *loader, nt_error *error);
void nt_loader_end(nt_loader *loader);

/* A reader in a scope (NULL: no expressions). */
nt_reader nt_loader_reader(nt_loader *loader, const nt_scope *scope, const nt_trail *trail);

/* Loaders go on after an error: turns NT_INVALID into NT_OK and notes it in *failed, unless going
 * on is pointless. Any other status stays. */
nt_status nt_loader_settle(const nt_loader *loader, nt_status status, bool *failed);

/* Takes back the diagnostics from the `first` on whose place was reported before: the same line of
 * a block fails in the same way each time it is expanded. `dropped` is how many were dropped by
 * then. Of very many there is no end, and loading ends. */
void nt_loader_drop_repeats(nt_loader *loader, int first, int dropped);

/* Draws on the budget for a document, and says at `at`, or of the whole, that it is spent. */
nt_status nt_loader_take_document(nt_loader *loader, const nt_document *document,
                                  const nt_yaml *at);

/* A node, or a round of a repeat, more; reports at `key` that a limit is passed. */
nt_status nt_loader_visit(nt_loader *loader, const nt_reader *reader, const nt_yaml *key);

bool nt_is_node_word(const char *text); /* a key that nodes have: op, from, when and so on */
bool nt_is_name(const char *text);      /* for a param or a variable: letters, digits, _ */
nt_status nt_formals_read(nt_loader *loader, const nt_yaml *params, nt_formals *ret);
/* Makes them the variables of `inside`. Given values stand in the map `given` (or NULL) and are
 * read by `outside`; defaults are read inside, where the params before them are known. One that is
 * in error is unknown. `what` is what lacks them, at `at`, if they are missing. */
nt_status nt_formals_bind(nt_loader *loader, const nt_formals *formals, const nt_yaml *given,
                          nt_reader *outside, const nt_yaml *at, const char *what, nt_scope *inside,
                          const nt_trail *trail);

/* The blocks of a file and of all that it includes. */
nt_status nt_definitions_read(nt_loader *loader, const nt_document *document, const nt_yaml *root);
nt_definition *nt_definition_find(const nt_loader *loader, const char *name); /* or NULL */
const char *const *nt_definition_names(nt_loader *loader); /* NULL-terminated; or NULL */

#endif
