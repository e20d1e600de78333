-- Group 3 of the study: the feature-decomposition layer of each block's short connection, which in a
-- residual network is the 1x1 convolution of the shortcut.
--
-- Option:
--   together  true: one more case silences all of them at once (default: false)

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local cases, all = {}, {}
  for _, conv in ipairs(net:nodes{op = "conv*", shortcut = true, fd = true}) do
    cases[#cases + 1] = {name = conv.name, zero = {conv}}
    all[#all + 1] = conv
  end
  if #cases == 0 then
    return {}, "this network has no shortcut with a convolution, so there is no group 3"
  end
  if options.together then cases[#cases + 1] = {name = "all shortcuts", zero = all} end
  return cases
end
