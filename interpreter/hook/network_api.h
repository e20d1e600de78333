/* The network as an ablation script sees it: read-only, every table and number taken from
 * nt_network.
 *
 *     net.name                   the network's name
 *     net:nodes(), net:nodes("conv2d"), net:nodes{op = "conv2d", name = "layer2.*", fd = true}
 *     net:node("layer1.0.conv1") one node; an unknown name is an error with the near ones
 *     net:need(a, b)             what it was given; an error if one of them is nil
 *
 * A node is an object of its own (the same one each time) with the fields that experiments/lua/
 * nontrivial.lua documents; reading any other field is an error. */
#ifndef NT_NETWORK_API_H
#define NT_NETWORK_API_H

#include "network.h"
#include <lauxlib.h>
#include <lua.h>

/* Pushes the network, which has the methods `more`, too (at most NT_MORE_METHODS; NULL ends them).
 * Inside a protected call; both must outlive the state. */
enum { NT_MORE_METHODS = 8 };
void nt_lua_push_network(lua_State *state, const nt_network *network, const luaL_Reg *more);

/* Pushes the object of a node. */
void nt_lua_push_layer(lua_State *state, const nt_network *network, const nt_layer *layer);

/* The layer that the value at `index` is, or NULL if it is no node. */
const nt_layer *nt_lua_to_layer(lua_State *state, int index);

/* Raises unless argument 1 is the network, as it is in net:method(…). */
void nt_lua_check_network(lua_State *state, const char *method);

/* Both raise, with the names that are near: "a node has no field 'nam'; did you mean 'name'?"
 * `in_what` is where the name was given ("case 'stem'", or ""). */
int nt_lua_unknown(lua_State *state, const char *what, const char *word, const char *const *names);
int nt_lua_no_such_node(lua_State *state, const nt_network *network, const char *in_what,
                        bool or_block, const char *name);

#endif
