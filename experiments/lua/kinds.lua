-- Does the verdict on a layer depend on how it is ablated? Every convolution under each of several kinds: a
-- kernel of zeros also shifts what the layers behind were trained to see, which its mean doesn't; the values
-- that training began with tell what training has added.
--
-- Options:
--   kinds      one or a list of zero, mean, reinit, rerandomise, noise (default: [zero, mean, reinit])
--   deviation  of noise, relative to that of the kernel's elements (default: 1)
--   seed       of noise and rerandomise (default: 0)

local takes = {
  zero = {}, mean = {}, reinit = {}, rerandomise = {seed = true}, noise = {seed = true, deviation = true},
}

---@param net Network
---@param options table
---@return Case[]
return function(net, options)
  local kinds = options.kinds or {"zero", "mean", "reinit"}
  local deviation, seed = options.deviation or 1, options.seed or 0
  if type(kinds) ~= "table" then kinds = {kinds} end
  local cases = {}
  for _, conv in ipairs(net:nodes("conv*")) do
    for _, kind in ipairs(kinds) do
      assert(takes[kind], "the option 'kinds' must be of zero, mean, reinit, rerandomise and noise")
      cases[#cases + 1] = {
        name = conv.name .. " " .. kind,
        [kind] = {conv},
        deviation = takes[kind].deviation and deviation or nil,
        seed = takes[kind].seed and seed or nil,
      }
    end
  end
  return cases
end
