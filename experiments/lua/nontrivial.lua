---@meta nontrivial

-- The API that an ablation hook sees, for editors that complete Lua (lua-language-server). It is never
-- run. A hook is a file that returns one function:
--
--   ---@param net Network
--   ---@param options table   what the suite gives under `options:`
--   ---@return Case[] cases, string|About? about   what the cases are, in words or more
--   return function(net, options) ... end
--
-- It is a pure function: the same network, options and answers give the same cases, every time. It sees Lua's
-- assert, error, ipairs, next, pairs, pcall, print, select, tonumber, tostring, type, string, table, math and
-- utf8, and nothing of the file system or the clock. math.random starts from the same seed on each run;
-- math.randomseed(integer) gives it another.
--
-- A name that nothing was assigned to is an error where it is read, with the near name: a global is known once
-- the script has assigned it, if only nil. `_ENV.name` is the same; there is no _G, no rawget and no other way to
-- ask whether a global is there but pcall. A script that makes an _ENV of its own is on its own.
--
-- Fields of the script's own tables may be nil, and Lua can't see a nil at the end of a list: {a, t.b} is {a} where
-- t.b is nil. `{net:need(a, t.b)}` is an error then.

---One node, or its name, or a list of them.
---@alias Nodes Node|string|(Node|string)[]

---Nodes and options of their kind: `{conv, "fc", deviation = 0.1}`. A single list may stand for the nodes:
---`{net:nodes("conv2d"), seed = 7}`. What is written here is only for this kind. Among the nodes there may be such
---tables again, for nodes with options of their own: `{{conv1, list = {0, 3}}, {conv2, list = {7}}}`.
---@class Options
---@field [integer] Node|string|(Node|string)[]
---@field coupled boolean? in all layers whose channels can only go together with these, by their mean criterion
---@field criterion string? the norm of a channel's row of the kernel, or the magnitude of its batch_norm scale
---@field deviation number? relative to that of the kernel's elements, such as 0.1
---@field epoch integer? after which epoch its values were so; more than 0 where `snapshots` keeps them
---@field from string? the sum whose branch it gets; without it: the one that is listed in its place
---@field input integer? which of its inputs, from 1
---@field list integer[]? in place of a share: which output channels, from 0
---@field seed integer? of the random numbers
---@field share number? as a part of its elements, or of its channels, such as 0.3
---@field whole boolean? with its bias, and its scale and shift in batch_norm; false: only its row is zero

---What is done to which nodes: any of the kinds, each with any number of nodes; a node is named once. All but
---`drop`, `gate`, `branch` and `permute` take convolutions and linear layers. `drop` takes sums that join a branch with a layer to
---a map, or the name of a block, such as "layer1.1", that holds one; what is left is the short connection. `gate` takes what
---makes the factors of squeeze and excitation, `branch` concatenations, or a block that holds one. `permute` takes
---units of equal shape, and gives them the order in which they are listed. Options here are
---those of every kind in the case that takes them and does not say its own. `nontrivial ablations` lists the kinds, `nontrivial ablations noise` describes one.
---@class Edits
---@field zero Nodes? its kernel is zero; a bias stays
---@field mean Nodes? its output is replaced by its mean per channel over training images
---@field reinit Nodes|Options? its kernel has the values that training began with, or an earlier epoch's
---@field rerandomise Nodes|Options? its kernel is drawn anew, as initial values are
---@field noise Nodes|Options? Gaussian noise is added to its kernel
---@field prune Nodes|Options? the elements of its kernel with the smallest magnitudes are zero
---@field channels Nodes|Options|Options[]? some of its output channels are gone
---@field drop Nodes? its residual branch is gone
---@field gate Nodes? its factors are their means over training images
---@field branch Nodes|Options? one of its inputs is zero
---@field permute Nodes|Options? it has the residual branch of another unit
---@field coupled boolean? in all layers whose channels can only go together with these, by their mean criterion
---@field criterion string? the norm of a channel's row of the kernel, or the magnitude of its batch_norm scale
---@field deviation number? relative to that of the kernel's elements, such as 0.1
---@field epoch integer? after which epoch its values were so; more than 0 where `snapshots` keeps them
---@field from string? the sum whose branch it gets; without it: the one that is listed in its place
---@field input integer? which of its inputs, from 1
---@field list integer[]? in place of a share: which output channels, from 0
---@field seed integer? of the random numbers
---@field share number? as a part of its elements, or of its channels, such as 0.3
---@field whole boolean? with its bias, and its scale and shift in batch_norm; false: only its row is zero

---One measurement.
---@class Case: Edits
---@field name string unique within the group

---What a script says of all its cases: its second result, where that is more than a remark.
---@class About
---@field remark string? one line
---@field control_of string? the cases are controls of this one, "GROUP/CASE", or of one among them, by its name:
---  the results say how many of them cost as much as it or more

---What a question was answered. Read-only.
---@class Answer
---@field metric string "accuracy", "dice" or "iou": the value may also be called so
---@field value number
---@field change number of the value, against the baseline on the same samples
---@field loss number
---@field correct integer samples
---@field total integer samples

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
---@field gate boolean from behind the average of squeeze and excitation to the factors that it makes
---@field residual string? of the sum of a branch with a layer: what its short connection is, "identity" or "projection"
---@field auxiliary boolean only auxiliary outputs depend on it, not the one that is measured
---@field has_kernel boolean a convolution or a linear layer: what a case may edit

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
---@field gate boolean?
---@field auxiliary boolean? (default: false)

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

---What it is given, unless one of the values is nil: then an error at the line that calls it.
---@generic T
---@param ... T
---@return T ...
function Network:need(...) end

---Whether these edits are a cut: the network's first output no longer depends on its input, since every path to
---it passes through a constant. So it says the same of all images, whatever else was taken away. The network is
---only looked at, not run. A product with zeros counts as a path.
---@param edits Edits
---@return boolean
function Network:cuts(edits) end

---The convolutions and linear layers whose output channels can only go together with this one's, itself among them,
---in the order in which they run; an empty list if none of its channels can go. Those of a residual stage share the
---channels of their sums.
---@param node Node|string
---@return Node[]
function Network:coupled(node) end

---Measures the network with these edits, and goes on when the answer is there; `{}` asks for the baseline. A
---script that asks can't be listed without being run. What can't be answered is an error. It can be called
---inside pcall, but not from inside table.sort or string.gsub. A script may ask 100,000 questions.
---@param question Edits
---@return Answer
function Network:evaluate(question) end

---The same for many questions at once, which is faster than one after the other.
---@param questions Edits[]
---@return Answer[] answers in the order of the questions
function Network:evaluate_all(questions) end
