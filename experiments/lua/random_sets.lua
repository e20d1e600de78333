-- The control for the study's claim: are the feature-decomposition layers (those that change the number of
-- channels) more critical than other layers, or would any set of as many convolutions do? One case silences
-- all of them; the others silence as many convolutions as that, drawn at random.
--
-- Options:
--   sizes  how many convolutions a set has, a number or a list (default: as many as there are
--          feature-decomposition layers)
--   count  sets of each size (default: 20)
--   seed   of the draws (default: 0). A set depends on the seed, its size and its number alone: more sets, or
--          other sizes beside it, leave it as it is

---@param convs Node[]
---@param size integer
---@return Node[]
local function draw(convs, size)
  local deck = table.move(convs, 1, #convs, 1, {})
  for i = 1, size do
    local k = math.random(i, #deck)
    deck[i], deck[k] = deck[k], deck[i]
  end
  return table.move(deck, 1, size, 1, {})
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local convs, fd = net:nodes("conv*"), net:nodes{op = "conv*", fd = true}
  local sizes, count, seed = options.sizes or #fd, options.count or 20, options.seed or 0
  if type(sizes) ~= "table" then sizes = {sizes} end
  assert(math.type(count) == "integer" and count > 0, "the option 'count' must be an integer above 0")
  assert(math.type(seed) == "integer", "the option 'seed' must be an integer")
  if #fd == 0 then return {}, "this network has no feature-decomposition layer" end

  local cases = {{name = "feature decomposition", zero = fd}}
  for _, size in ipairs(sizes) do
    assert(math.type(size) == "integer" and size > 0 and size <= #convs,
      "the option 'sizes' must be integers from 1 to " .. #convs)
    math.randomseed((seed << 32) ~ size)
    for number = 1, count do
      cases[#cases + 1] = {name = size .. " at random, set " .. number, zero = draw(convs, size)}
    end
  end
  return cases
end
