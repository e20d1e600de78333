-- Group 1 of the study: every convolution in turn, transposed ones too.

---@param net Network
---@return Case[]
return function(net)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv*")) do
    cases[#cases + 1] = {name = conv.name, zero = {conv}}
  end
  return cases
end
