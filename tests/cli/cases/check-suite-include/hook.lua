return function(net)
  local cases = {}
  for _, conv in ipairs(net:nodes("conv2d")) do
    cases[#cases + 1] = {name = conv.name, zero = {conv}}
  end
  return cases
end
