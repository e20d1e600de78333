-- How many of a layer's channels can go? Every convolution without a growing share of its output channels, the
-- least first: the sensitivity curves by which pruning chooses a share for each layer. After Li, Kadav, Durdanovic,
-- Samet, Graf, "Pruning filters for efficient ConvNets", ICLR 2017 (arXiv 1608.08710), figure 2.
--
-- With `coupled` it is sets of convolutions whose channels can only go together, such as a residual stage's, which
-- `nontrivial shrink` then really takes out; a set is called as its first convolution. One whose channels can't go,
-- because they are the output's, has no case.
--
-- Options:
--   shares     one or a list of numbers from 0 to 1 (default: [0.1, 0.3, 0.5, 0.7, 0.9])
--   criterion  l1 (default), l2 or batch_norm: by what the least are chosen
--   layers     a pattern that the names of the convolutions match (default: "*", all)
--   coupled    true: of each set of convolutions at once (default: false, of each convolution alone)
--   whole      false: only rows of kernels are zero; biases, scales and shifts stay (default: true)
--   together   true: a case for each share, of all these convolutions at once (default: false)

---@param name string
---@param value any
---@return boolean
local function flag(name, value, default)
  if value == nil then return default end
  assert(type(value) == "boolean", "the option '" .. name .. "' must be true or false")
  return value
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local shares, pattern = options.shares or {0.1, 0.3, 0.5, 0.7, 0.9}, options.layers or "*"
  local criterion = options.criterion or "l1"
  local coupled, whole = flag("coupled", options.coupled, false), flag("whole", options.whole, true)
  local together = flag("together", options.together, false)
  if type(shares) ~= "table" then shares = {shares} end
  for _, share in ipairs(shares) do
    assert(type(share) == "number" and share >= 0 and share <= 1, "the option 'shares' must be of numbers from 0 to 1")
  end

  local sets, all, seen, bound = {}, {}, {}, 0
  for _, conv in ipairs(net:nodes{op = "conv*", name = pattern}) do
    if not seen[conv] then
      local set = coupled and net:coupled(conv) or {conv}
      for _, node in ipairs(set) do
        seen[node] = true
        all[#all + 1] = node
      end
      if #set > 0 then sets[#sets + 1] = {name = set[1].name, nodes = set} else bound = bound + 1 end
    end
  end
  if together and #all > 0 then sets = {{name = "all", nodes = all}} end

  local cases = {}
  for _, set in ipairs(sets) do
    for _, share in ipairs(shares) do
      cases[#cases + 1] = {
        name = string.format("%s %g", set.name, share),
        channels = {set.nodes, share = share, criterion = criterion, whole = whole, coupled = coupled},
      }
    end
  end
  if bound > 0 then
    return cases, string.format("the channels of %d convolutions can't go: they are the output's, or mixed with others",
      bound)
  end
  if #cases == 0 then return {}, "no convolution has a name that matches '" .. pattern .. "'" end
  return cases
end
