-- Do convolutions stand in for one another? Every pair of them is silenced together, and each alone, so that
-- a pair's interaction can be read off:
--
--   change(a + b) - change(a) - change(b)
--
-- Below zero: each makes up for the loss of the other; zero: they don't know of one another. n convolutions
-- make n (n + 1) / 2 cases (666 for the 36 of ResNet34).
--
-- Option:
--   of  a pattern that the convolutions' names match (default: "*", all)

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local pattern = options.of or "*"
  local convs, cases = net:nodes{op = "conv*", name = pattern}, {}
  for _, conv in ipairs(convs) do cases[#cases + 1] = {name = conv.name, zero = {conv}} end
  for i, a in ipairs(convs) do
    for k = i + 1, #convs do
      local b = convs[k]
      cases[#cases + 1] = {name = a.name .. " + " .. b.name, zero = {a, b}}
    end
  end
  return cases, #convs == 0 and "no convolution has a name that matches '" .. pattern .. "'" or nil
end
