-- How does the error grow with the number of residual units that are dropped at random? For each count, sets of
-- that many units are drawn, each once, and dropped together. After Veit, Wilber, Belongie, "Residual networks
-- behave like ensembles of relatively shallow networks", NIPS 2016 (arXiv 1605.06431), section 4.2, figure 5 (a).
--
-- A unit is the sum at its end; what is left of it is its short connection.
--
-- Options:
--   counts       how many units go: a list, or one number (default: 1 to all of them)
--   draws        how many sets of each count (default: 10); where there aren't as many, all are taken
--   seed         of the draws (default: 0). The sets of a count depend on no other count, and more draws leave
--                the first ones as they are
--   projections  true: also units whose short connection is a projection (default: false)

local most = 1000

-- How many sets of k of n there are, or a number above `most`.
---@param n integer
---@param k integer
---@return number
local function choose(n, k)
  local product = 1
  for i = 1, k do
    product = product * (n - k + i) / i
    if product > 1e9 then return product end
  end
  return math.floor(product + 0.5)
end

-- k of the units in their order, and a text that no other set has.
---@param units Node[]
---@param k integer
---@return Node[] set, string key
local function draw(units, k)
  local deck, set, key = table.move(units, 1, #units, 1, {}), {}, {}
  for i = 1, k do
    local at = math.random(i, #deck)
    deck[i], deck[at] = deck[at], deck[i]
    set[i] = deck[i]
  end
  table.sort(set, function(a, b) return a.index < b.index end)
  for i, unit in ipairs(set) do key[i] = unit.index end
  return set, table.concat(key, " ")
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local counts, draws, seed = options.counts, options.draws or 10, options.seed or 0
  local projections, units, cases = options.projections, {}, {}
  assert(math.type(draws) == "integer" and draws > 0 and draws <= most,
    "the option 'draws' must be an integer from 1 to " .. most)
  assert(math.type(seed) == "integer", "the option 'seed' must be an integer")
  for _, sum in ipairs(net:nodes("add")) do
    if sum.residual == "identity" or projections and sum.residual == "projection" then units[#units + 1] = sum end
  end
  if #units == 0 then return {}, "this network has no unit to drop" end
  if counts == nil then
    counts = {}
    for k = 1, #units do counts[k] = k end
  elseif type(counts) ~= "table" then
    counts = {counts}
  end
  for _, k in ipairs(counts) do
    assert(math.type(k) == "integer" and k > 0 and k <= #units,
      "the option 'counts' must be of integers from 1 to " .. #units .. ", as many units as there are to drop")
    local seen, drawn, all = {}, 0, choose(#units, k)
    math.randomseed(seed * 1000003 + k)
    while drawn < math.min(draws, all) do
      local set, key = draw(units, k)
      if not seen[key] then
        seen[key], drawn = true, drawn + 1
        cases[#cases + 1] = {name = k .. (k == 1 and " unit, set " or " units, set ") .. drawn, drop = set}
      end
    end
  end
  return cases, "sets of " .. #units .. " units"
end
