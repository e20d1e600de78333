---@meta nontrivial

-- The API that an ablation hook sees, for editors that complete Lua (lua-language-server). It is never
-- run. A hook is a file that returns one function:
--
--   ---@param net Network
--   ---@param options table   what the suite gives under `options:`
--   ---@return Case[] cases, string? remark
--   return function(net, options) ... end
--
-- It is a pure function: the same network and options give the same cases, every time. It sees Lua's
-- assert, error, ipairs, next, pairs, pcall, print, select, tonumber, tostring, type, string, table,
-- math and utf8, and nothing of the file system.

---One measurement: the network with the kernels of these nodes set to zero. A bias stays, as it does
---when PyTorch's `weight.zero_()` is called.
---@class Case
---@field name string unique within the group
---@field zero (Node|string)[]|Node|string nodes, or their names

---A layer as the graph file wrote it, after expansion. Read-only.
---@class Node
---@field name string "layer1.0.conv1"
---@field op string "conv2d"
---@field index integer its position among the nodes, from 1
---@field stage string? its outermost block: "layer1"; nil at the top level
---@field block string? its innermost block: "layer1.0"
---@field kind string? the definition of that block: "basic"
---@field tags string[] what the graph file wrote under `tags:`
---@field inputs Node[] the nodes whose values it reads
---@field consumers Node[] the nodes that read its value
---@field channels_in integer? of its first input
---@field channels_out integer
---@field shape integer[] of its output: channels, rows, columns
---@field kernel integer[]? rows, columns
---@field stride integer[]? rows, columns
---@field parameters integer trained numbers
---@field multiply_adds integer of one sample
---@field fd boolean a convolution that changes the number of channels (feature decomposition)
---@field shortcut boolean a convolution on the short side of an addition
---@field has_kernel boolean whether a case may zero it

---What `net:nodes` keeps. In texts, `*` stands for any run of characters.
---@class Filter
---@field op string?
---@field name string?
---@field stage string?
---@field block string?
---@field kind string?
---@field tag string?
---@field fd boolean?
---@field shortcut boolean?

---@class Network
---@field name string
local Network = {}

---The nodes that match, in the order in which they run.
---@param filter? string|Filter an op's name, or a filter; nil: all
---@return Node[]
function Network:nodes(filter) end

---The node of that name; an error with the near names if there is none.
---@param name string
---@return Node
function Network:node(name) end
