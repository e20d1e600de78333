/* What a case says of each kind of ablation, parted into nodes and options. A kind takes a node, a
 * list of them, or a table with options of its own among them; options may also stand in the case,
 * and are then those of every kind that has such ones and doesn't say its own:
 *
 *     {noise = {conv1, "fc", deviation = 0.1}, rerandomise = "conv2", seed = 7}
 *
 * Among the nodes there may be such tables again, for nodes with options of their own:
 *
 *     {channels = {{conv1, list = {0, 3}}, {conv2, list = {7}}, whole = false}}
 *
 * Nobody outside this folder includes it. */
#ifndef NT_HOOK_EDIT_OPTIONS_H
#define NT_HOOK_EDIT_OPTIONS_H

#include "hook_private.h"

/* A case, or a question, while it is read. */
typedef struct nt_case_reading {
    lua_State *state;
    const char *what; /* begins the messages: "case 'stem'" */
    int table;        /* the case, on Lua's stack */
    int values;       /* and there, of each kind in its order: its nodes and its own options */
    int kinds;        /* how many there are */
    nt_arena *arena;  /* of records */
    void *options[NT_MOST_ABLATIONS]; /* per kind: its record; NULL: it has none or isn't named */
    bool alone[NT_MOST_ABLATIONS]; /* per kind: it has nodes that aren't in tables of their own */
} nt_case_reading;

/* Where the nodes of a kind are on Lua's stack: nil, a node, or a list. */
int nt_case_nodes_at(const nt_case_reading *reading, int kind);

/* Pushes nodes and options of all kinds, and sets values. Returns how many nodes there are. */
lua_Integer nt_case_push_kinds(nt_case_reading *reading);

/* Reads the options of the kinds that the case names. Raises. */
void nt_case_read_options(nt_case_reading *reading);

/* The record of the nodes in the table at `part`, among those of the kind. Raises. */
const void *nt_case_part_options(const nt_case_reading *reading, int kind, int part);

#endif
