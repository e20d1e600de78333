-- Group 2 of the study: per layer block, every convolution but the feature-decomposition layers (those
-- that change the number of channels) and the layers adjacent to them.
--
-- A layer block is a run of convolutions on the main path with the same number of output channels, or of one
-- stage (an outermost block of the graph file, such as layer1, in which bottlenecks change the number): a
-- residual network's stages, U-Net's levels, VGG's groups between its pools, of which the last two are one,
-- since both have 512 channels. Convolutions on shortcuts are left to group 3, and the first convolution of
-- all, the stem, is never silenced here.
--
-- Options, left open by the paper:
--   adjacent    "after" (default): the convolution that follows a feature-decomposition layer on the
--               main path stays; "before": the one before it; "both": both; "none": neither; "unit": what
--               stays is the whole first unit of each layer block
--   stem_is_fd  true (default): the stem counts as a feature-decomposition layer, so that its
--               neighbour stays too

-- Whether two convolutions that follow one another on the main path are of one layer block.
---@param a Node
---@param b Node
---@return boolean
local function together(a, b)
  return a.channels_out == b.channels_out or a.stage ~= nil and a.stage == b.stage
end

-- Which convolutions of the path stay besides feature-decomposition layers: by `adjacent`, the neighbours.
local neighbours = {after = {1}, before = {-1}, both = {-1, 1}, none = {}, unit = {}}

-- Whether two convolutions are of one unit; the path's first, the stem, is none's.
---@param a Node
---@param b Node
---@return boolean
local function same_unit(a, b)
  return a.block ~= nil and a.block == b.block
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local adjacent = options.adjacent or "after"
  local stem_is_fd = options.stem_is_fd ~= false
  assert(neighbours[adjacent], "the option 'adjacent' must be after, before, both, none or unit")

  local path = net:nodes{op = "conv*", shortcut = false}
  local stays = {}
  for i, conv in ipairs(path) do
    if i == 1 then stays[i] = true end
    if conv.fd and (i > 1 or stem_is_fd) then
      stays[i] = true
      for _, step in ipairs(neighbours[adjacent]) do stays[i + step] = true end
    end
    local first = i > 1 and (path[i - 1].stage ~= conv.stage or not together(path[i - 1], conv))
    if adjacent == "unit" and (first or stays[i - 1] and same_unit(path[i - 1], conv)) then stays[i] = true end
  end

  local cases, number, first = {}, 0, 1
  for i, conv in ipairs(path) do
    if i == 1 or not together(path[i - 1], conv) then number, first = number + 1, i end
    if i == #path or not together(conv, path[i + 1]) then
      local zero = {}
      for k = first, i do
        if not stays[k] then zero[#zero + 1] = path[k] end
      end
      if #zero > 0 then cases[#cases + 1] = {name = "block " .. number, zero = zero} end
    end
  end
  if #cases > 0 then return cases end
  if #path == 0 then return {}, "this network has no convolution" end
  if adjacent == "none" then return {}, "every convolution of this network changes the number of channels" end
  return {}, "no layer block has a layer that may be silenced: every convolution of this network changes the "
    .. "number of channels or stands next to one that does; with 'adjacent: none' only the former stay"
end
