-- How much does the order of residual units matter? Units are put into another order: pairs of equal shape, drawn at
-- random, exchange their branches. How far the order is from the trained one, Kendall's rank correlation says, which
-- stands in the case's name: 1 for the same, -1 for the reverse; over all units whose short connection is the
-- identity. After Veit, Wilber, Belongie, "Residual networks behave like ensembles of relatively shallow networks",
-- NIPS 2016 (arXiv 1605.06431), section 4.3, figure 5 (b).
--
-- Options:
--   swaps  how many pairs are exchanged, one after the other: a list, or one number (default: 1, 2, 4, 8, 16)
--   draws  how many orders of each (default: 5)
--   seed   of the draws (default: 0). The orders of a number of swaps depend on no other

local tries = 100 -- orders that may be drawn in vain, for each that is wanted

---@param net Network
---@return Node[]
local function list_units(net)
  local units = {}
  for _, sum in ipairs(net:nodes("add")) do
    if sum.residual == "identity" then units[#units + 1] = sum end
  end
  return units
end

-- Pairs of units of equal shape, as numbers.
---@param units Node[]
---@return integer[][]
local function list_pairs(units)
  local pairs = {}
  for i = 1, #units do
    for k = i + 1, #units do
      if table.concat(units[i].shape, "x") == table.concat(units[k].shape, "x") then pairs[#pairs + 1] = {i, k} end
    end
  end
  return pairs
end

-- Kendall's rank correlation of an order with 1, 2, …, n.
---@param order integer[]
---@return number
local function tau(order)
  local sum = 0
  for i = 1, #order do
    for k = i + 1, #order do sum = sum + (order[i] < order[k] and 1 or -1) end
  end
  return 2 * sum / (#order * (#order - 1))
end

---@param pairs integer[][]
---@param count integer
---@param swaps integer
---@return integer[] order, string key
local function draw(pairs, count, swaps)
  local order = {}
  for i = 1, count do order[i] = i end
  for _ = 1, swaps do
    local pair = pairs[math.random(#pairs)]
    local a, b = pair[1], pair[2]
    order[a], order[b] = order[b], order[a]
  end
  return order, table.concat(order, " ")
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local counts, draws, seed = options.swaps or {1, 2, 4, 8, 16}, options.draws or 5, options.seed or 0
  assert(math.type(draws) == "integer" and draws > 0, "the option 'draws' must be an integer from 1")
  assert(math.type(seed) == "integer", "the option 'seed' must be an integer")
  if type(counts) ~= "table" then counts = {counts} end
  local units, cases, trained = list_units(net), {}, {}
  local pairs, seen = list_pairs(units), {}
  if #pairs == 0 then return {}, "this network has no two units of equal shape whose short connection is the identity" end
  for i = 1, #units do trained[i] = i end
  seen[table.concat(trained, " ")] = true

  for _, swaps in ipairs(counts) do
    assert(math.type(swaps) == "integer" and swaps > 0, "the option 'swaps' must be of integers from 1")
    local found = 0
    math.randomseed(seed * 1000003 + swaps)
    for _ = 1, draws * tries do
      local order, key = draw(pairs, #units, swaps)
      if not seen[key] then
        local moved = {}
        seen[key], found = true, found + 1
        for i, from in ipairs(order) do
          if from ~= i then moved[#moved + 1] = units[from] end
        end
        cases[#cases + 1] = {
          name = string.format("%d %s, order %d, tau %.3f", swaps, swaps == 1 and "swap" or "swaps", found, tau(order)),
          permute = moved,
        }
        if found == draws then break end
      end
    end
  end
  return cases, "orders of " .. #units .. " units"
end
