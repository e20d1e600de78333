/* The graph language: a YAML file that describes a network (see graphs/ for how it reads) becomes
 * an nt_network.
 *
 *     version: 1             graph: its name          doc: what it is
 *     params:                name: default | nothing (must be given) | {default, choices, doc}
 *     input:                 [channels, rows, columns], called `input`
 *     inputs:                name: shape | {shape, dtype: float32 | int32}
 *     include:               a file, or a list of files, of blocks alone (found as shipped.h says)
 *     blocks:                name: {doc, params, inputs: [names], nodes, output: node}
 *     nodes:                 name: {op: …} | {block: …} | {nodes: …, output: node}
 *     outputs:               node | [nodes] | name: node. Without it the last node is `output`
 *
 * A node reads the node before it (the first one: the input; an op that needs no input: nothing)
 * unless it says `from`, a name or a list of names of nodes further up, first at its own level of
 * `nodes`, then further out, up to the block's edge. NODE.NAME is a node within that one, or a
 * further output of the node's op, if that has a name, as max_pool's `indices`. What a block reads
 * it calls `input`, or what `inputs` calls it. Further keys of every node: `when` (if false, the
 * name stands for its first input, and is free for another node), `repeat`, `tags`, `doc`; all
 * others are attributes of the op or params of the block. `repeat` goes through a range ("1..3") or
 * a list for each of its variables, the later ones within the earlier; a range without an end
 * counts the copies, whose names must differ, as unit$i.
 *
 * Every value may hold `$name` and `${expression}` of params, repeat variables, and shapes:
 * `channels`, `rows` and `columns` of an input or of a node further up, as in `${input.channels}`.
 * Params may be lists and maps. A block sees its own params only; their defaults see the params
 * before them and the block's inputs. */
#ifndef NT_NETWORK_FILE_H
#define NT_NETWORK_FILE_H

#include "diagnostic.h"
#include "network.h"
#include "overrides.h"

enum {
    NT_NETWORK_MOST_NODES = 100000,
    NT_NETWORK_DEEPEST = 64,
    NT_NETWORK_LONGEST_NAME = 400 /* of a node, with those of the blocks that it lies in */
};

/* `path` may be the bare name of a network: see shipped.h. Reports up to NT_ERROR_LIMIT errors,
 * each place once however often it is expanded, and nothing that only follows from another error.
 */
nt_status nt_network_load(const char *path, const nt_setting *settings, int setting_count,
                          nt_network **ret, nt_error *error);

/* The same from memory; `path` is what diagnostics call it and what includes are relative to. */
nt_status nt_network_load_text(const char *path, const char *text, size_t length,
                               const nt_setting *settings, int setting_count, nt_network **ret,
                               nt_error *error);

/* Appends the network as a file of this language in which nothing is left to expand. Loading it
 * gives the same graph, if so long a list of nodes is within a document's limits. */
nt_status nt_network_resolve(const nt_network *network, nt_text *text);

/* Appends it as somebody would write it, by its blocks; as the above where it can't be said so. */
nt_status nt_network_write(const nt_network *network, nt_text *text);

#endif
