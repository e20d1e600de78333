-- Group 2 of the study: per layer block, every convolution but the feature-decomposition layers (those
-- that change the number of channels) and the layers adjacent to them.
--
-- A layer block is a run of convolutions on the main path with the same number of output channels:
-- a residual network's stages, VGG's groups between its pools. Convolutions on shortcuts are left to
-- group 3, and the first convolution of all, the stem, is never silenced here.
--
-- Options, both left open by the paper:
--   adjacent    "after" (default): the convolution that follows a feature-decomposition layer on the
--               main path stays; "both": so does the one before it; "none": neither
--   stem_is_fd  true (default): the stem counts as a feature-decomposition layer, so that its
--               neighbour stays too

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local adjacent = options.adjacent or "after"
  local stem_is_fd = options.stem_is_fd ~= false
  assert(adjacent == "after" or adjacent == "both" or adjacent == "none",
    "the option 'adjacent' must be after, both or none")

  local path = net:nodes{op = "conv2d", shortcut = false}
  local stays = {}
  for i, conv in ipairs(path) do
    if i == 1 then stays[i] = true end
    if conv.fd and (i > 1 or stem_is_fd) then
      stays[i] = true
      if adjacent ~= "none" then stays[i + 1] = true end
      if adjacent == "both" then stays[i - 1] = true end
    end
  end

  local cases, number, first = {}, 0, 1
  for i, conv in ipairs(path) do
    if i == 1 or conv.channels_out ~= path[i - 1].channels_out then number, first = number + 1, i end
    local last = i == #path or conv.channels_out ~= path[i + 1].channels_out
    if last then
      local zero = {}
      for k = first, i do
        if not stays[k] then zero[#zero + 1] = path[k] end
      end
      if #zero > 0 then cases[#cases + 1] = {name = "block " .. number, zero = zero} end
    end
  end
  return cases, #cases == 0 and "no layer block has a layer that may be silenced" or nil
end
