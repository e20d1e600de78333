-- Does a residual network need its units? Each one is dropped in turn, so that only its short connection is
-- left: what it was given goes through unchanged, or as a projection makes it. After Veit, Wilber, Belongie,
-- "Residual networks behave like ensembles of relatively shallow networks", NIPS 2016 (arXiv 1605.06431),
-- section 4.1.
--
-- A unit is the sum at its end.
--
-- Option:
--   projections  true: also the units whose short connection is a projection (default: false)

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local sums, in_block, cases, projections = net:nodes("add"), {}, {}, 0
  for _, sum in ipairs(sums) do
    local block = sum.block or ""
    in_block[block] = (in_block[block] or 0) + 1
  end
  for _, sum in ipairs(sums) do
    if sum.residual == "projection" then projections = projections + 1 end
    if sum.residual == "identity" or options.projections and sum.residual == "projection" then
      local unit = sum.block and in_block[sum.block] == 1
      cases[#cases + 1] = {name = unit and sum.block or sum.name, drop = {sum}}
    end
  end
  if #cases > 0 then return cases end
  if projections > 0 then return {}, "this network has no unit whose short connection is the identity" end
  return {}, "this network has no residual unit"
end
