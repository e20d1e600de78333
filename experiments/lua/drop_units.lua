-- Does a residual network need its units? Each one whose short connection is the identity is dropped in turn,
-- so that what it was given goes through unchanged. After Veit, Wilber, Belongie, "Residual networks behave
-- like ensembles of relatively shallow networks", NIPS 2016 (arXiv 1605.06431), section 4.1.
--
-- A unit is the sum at its end. Units whose short connection has a convolution are left out: without the
-- other branch there would be nothing of the right shape to go on with. No options.

-- Whether `node` is computed from `origin`. Nodes that come before the origin aren't.
---@param node Node
---@param origin Node
---@param seen table<Node, boolean>
---@return boolean
local function comes_from(node, origin, seen)
  if node == origin then return true end
  if seen[node] or node.index < origin.index then return false end
  seen[node] = true
  for _, input in ipairs(node.inputs) do
    if comes_from(input, origin, seen) then return true end
  end
  return false
end

-- Whether one of the sum's inputs is what the others are computed from. An input of the network is no node.
---@param sum Node
---@return boolean
local function has_identity(sum)
  local inputs = sum.inputs
  for k, origin in ipairs(inputs) do
    local all = true
    for j, input in ipairs(inputs) do
      all = all and (j == k or input ~= origin and comes_from(input, origin, {}))
    end
    if all then return true end
  end
  return false
end

---@param net Network
---@return Case[], string?
return function(net)
  local sums, in_block, cases = net:nodes("add"), {}, {}
  for _, sum in ipairs(sums) do
    local block = sum.block or ""
    in_block[block] = (in_block[block] or 0) + 1
  end
  for _, sum in ipairs(sums) do
    if has_identity(sum) then
      local unit = sum.block and in_block[sum.block] == 1
      cases[#cases + 1] = {name = unit and sum.block or sum.name, drop = {sum}}
    end
  end
  return cases, #cases == 0 and "this network has no unit whose short connection is the identity" or nil
end
