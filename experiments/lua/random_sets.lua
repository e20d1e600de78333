-- The control for a claim about a set of layers: would any set of as many layers do? Draws sets of convolutions
-- at random from those outside the set, of the same size, each once. Where the set stands among them the
-- results say: of 200 controls, k cost as much or more (p = (k + 1) / 201).
--
-- A set is never drawn if zeroing it is a cut, which leaves the network saying the same of all images
-- (net:cuts): that would tell nothing of its layers. The remark says how many were left out so, and whether
-- the set in question is a cut itself; against such a one no control is fair.
--
-- Options:
--   set         names, or patterns with *, of the convolutions of the set (default: the feature-decomposition
--               layers, which change the number of channels)
--   control_of  the case of the suite that zeroes the set, as GROUP/CASE: "layer-blocks/block 3" (default: this
--               group's first case, which is then added)
--   match       "stage": as many of each stage as the set has; "none" (default): from anywhere
--   count       how many sets (default: 200, at most 2000); where there aren't as many, all are taken
--   seed        of the draws (default: 0). More sets leave the first ones as they are

local tries = 2000 -- sets that may be drawn in vain

---@param net Network
---@param patterns string|string[]
---@return Node[]
local function choose(net, patterns)
  local chosen, set = {}, {}
  if type(patterns) ~= "table" then patterns = {patterns} end
  for _, pattern in ipairs(patterns) do
    local found = net:nodes{op = "conv*", name = pattern}
    assert(#found > 0, "no convolution has a name that matches '" .. pattern .. "'")
    for _, conv in ipairs(found) do chosen[conv] = true end
  end
  for conv in pairs(chosen) do set[#set + 1] = conv end
  return set
end

-- What sets are drawn from: for each stage of the set, or for all of them together, the layers outside it and how
-- many a set takes. Those that are a cut by themselves are left out, and counted.
---@param net Network
---@param set Node[]
---@param by_stage boolean
---@return table[] parts, integer cuts
local function list_parts(net, set, by_stage)
  local inside, parts, of_stage, cuts = {}, {}, {}, 0
  for _, conv in ipairs(set) do
    local stage = by_stage and conv.stage or ""
    if not of_stage[stage] then
      of_stage[stage] = {stage = stage, layers = {}, takes = 0}
      parts[#parts + 1] = of_stage[stage]
    end
    of_stage[stage].takes = of_stage[stage].takes + 1
    inside[conv] = true
  end
  for _, conv in ipairs(net:nodes("conv*")) do
    local part = of_stage[by_stage and conv.stage or ""]
    if part and not inside[conv] then
      if net:cuts{zero = conv} then
        cuts = cuts + 1
      else
        part.layers[#part.layers + 1] = conv
      end
    end
  end
  return parts, cuts
end

-- How many sets there are.
---@param parts table[]
---@return number
local function count_sets(parts)
  local product = 1
  for _, part in ipairs(parts) do
    for i = 1, part.takes do product = product * (#part.layers - part.takes + i) / i end
  end
  return math.floor(product + 0.5)
end

-- A set, and a text that no other set has.
---@param parts table[]
---@return Node[] set, string key
local function draw(parts)
  local set, key = {}, {}
  for _, part in ipairs(parts) do
    local deck = table.move(part.layers, 1, #part.layers, 1, {})
    for i = 1, part.takes do
      local k = math.random(i, #deck)
      deck[i], deck[k] = deck[k], deck[i]
      set[#set + 1] = deck[i]
    end
  end
  table.sort(set, function(a, b) return a.index < b.index end)
  for i, conv in ipairs(set) do key[i] = conv.index end
  return set, table.concat(key, " ")
end

---@param n integer
---@param one string
---@param many string
---@return string
local function counted(n, one, many)
  return n .. " " .. (n == 1 and one or many)
end

---@param net Network
---@param options table
---@return Case[], string|About?
return function(net, options)
  local patterns, of, match = options.set, options.control_of, options.match or "none"
  local count, seed = options.count or 200, options.seed or 0
  assert(match == "stage" or match == "none", "the option 'match' must be stage or none")
  assert(math.type(count) == "integer" and count > 0 and count <= tries,
    "the option 'count' must be an integer from 1 to " .. tries)
  assert(math.type(seed) == "integer", "the option 'seed' must be an integer")
  local set = patterns and choose(net, patterns) or net:nodes{op = "conv*", fd = true}
  if #set == 0 then return {}, "this network has no feature-decomposition layer" end

  local parts, cut_layers = list_parts(net, set, match == "stage")
  for _, part in ipairs(parts) do
    if #part.layers < part.takes then
      return {}, string.format("there are no controls: of %s outside the set%s, %d can go without a cut, and a set "
        .. "takes %d", counted(#part.layers + cut_layers, "layer", "layers"),
        part.stage == "" and "" or " in the stages of it", #part.layers, part.takes)
    end
  end

  local cases, all, seen, drawn, cut_sets = {}, count_sets(parts), {}, 0, 0
  if not of then cases[1] = {name = "the set", zero = set} end
  local first = #cases
  math.randomseed(seed)
  while #cases - first < count and drawn < math.min(all, count + tries) do
    local control, key = draw(parts)
    if not seen[key] then
      seen[key], drawn = true, drawn + 1
      if net:cuts{zero = control} then
        cut_sets = cut_sets + 1
      else
        cases[#cases + 1] = {name = "control " .. #cases + 1 - first, zero = control}
      end
    end
  end

  local said = {counted(#cases - first, "set", "sets") .. " of " .. counted(#set, "layer", "layers")
    .. " outside the set" .. (match == "stage" and ", as many of each stage" or "")}
  if drawn == all and #cases - first <= count then
    said[#said + 1] = "these are all that there are"
  elseif #cases - first < count then
    said[#said + 1] = "no more were found in " .. drawn .. " draws"
  end
  said[#said + 1] = counted(cut_sets, "set was", "sets were") .. " left out as a cut, and so "
    .. (cut_layers == 1 and "was " or "were ") .. counted(cut_layers, "layer", "layers") .. " from all of them"
  if net:cuts{zero = set} then said[#said + 1] = "the set itself is a cut" end
  return cases, {remark = table.concat(said, "; "), control_of = of or "the set"}
end
