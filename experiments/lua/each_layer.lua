-- Group 1 of the study: every convolution in turn, transposed ones too; with `gates: false` without those of
-- squeeze and excitation.

---@param net Network
---@param options {gates: boolean?}
---@return Case[]
return function(net, options)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv*")) do
    if options.gates ~= false or not conv.gate then
      cases[#cases + 1] = {name = conv.name, zero = {conv}}
    end
  end
  return cases
end
