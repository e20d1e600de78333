-- What is each layer's share of what the network can do? Its Shapley value: the mean, over all orders in which the
-- layers may be taken away, of what the metric loses when it goes. The values of all layers add up to what the
-- network has over one with none of them. Unlike the cost of a layer alone, a value counts what a layer does
-- where others are gone, so that two layers which stand in for one another share what they do.
--
-- There are n! orders, so some are drawn: Castro, Gómez, Tejada, "Polynomial calculation of the Shapley value
-- based on sampling", Computers & Operations Research 36 (2009); of units of networks Ghorbani, Zou, "Neuron
-- Shapley", NeurIPS 2020 (arXiv 2002.09815). A value's interval (95 %, Student's t of the orders) is about the
-- orders that might have been drawn, not about the images: it asks on the held-out ones. n layers and m orders take
-- up to m n questions. The values are in the remark, the greatest first; the cases are each layer alone.
--
-- Options:
--   of         a pattern that the layers' names match (default: "*", all)
--   kind       what is done to a layer: zero (default) or mean, to convolutions; drop, to residual units
--   orders     how many are drawn (default: 20, at least 5). More leave the first ones as they are
--   seed       of the draws (default: 0)
--   tolerance  an order ends where the metric is as near to that of the network with no layer: the layers that
--              are left then count as 0 in it (default: 0, no order ends early)

-- The 97.5 % point of Student's t: Hill's expansion, Abramowitz and Stegun 26.7.5, within 0.3 % from 4 degrees on.
---@param degrees integer
---@return number
local function quantile(degrees)
  local z, n = 1.959964, degrees
  return z + (z ^ 3 + z) / (4 * n) + (5 * z ^ 5 + 16 * z ^ 3 + 3 * z) / (96 * n ^ 2)
    + (3 * z ^ 7 + 19 * z ^ 5 + 17 * z ^ 3 - 15 * z) / (384 * n ^ 3)
end

---@param net Network
---@param kind string
---@param pattern string
---@return Node[]
local function list_layers(net, kind, pattern)
  if kind ~= "drop" then return net:nodes{op = "conv*", name = pattern} end
  local units = {}
  for _, sum in ipairs(net:nodes{op = "add", name = pattern}) do
    if sum.residual then units[#units + 1] = sum end
  end
  return units
end

---@param layers Node[]
---@return Node[]
local function shuffle(layers)
  local order = table.move(layers, 1, #layers, 1, {})
  for i = #order, 2, -1 do
    local k = math.random(i)
    order[i], order[k] = order[k], order[i]
  end
  return order
end

-- What each layer's going cost, by order: shares[layer][number of the order].
---@param net Network
---@param kind string
---@param layers Node[]
---@param count integer
---@param tolerance number
---@return table<Node, number[]> shares, string metric
local function walk(net, kind, layers, count, tolerance)
  local whole, none = net:evaluate{}, net:evaluate{[kind] = layers}
  local orders, value, shares = {}, {}, {}
  for _, layer in ipairs(layers) do shares[layer] = {} end
  for m = 1, count do
    orders[m], value[m] = shuffle(layers), whole.value
    for _, layer in ipairs(layers) do shares[layer][m] = 0 end
  end
  for k = 1, #layers do
    local questions, asked = {}, {}
    for m, order in ipairs(orders) do
      if tolerance == 0 or math.abs(value[m] - none.value) > tolerance then
        asked[#asked + 1] = m
        questions[#asked] = {[kind] = table.move(order, 1, k, 1, {})}
      end
    end
    for i, answer in ipairs(net:evaluate_all(questions)) do
      local m = asked[i]
      shares[orders[m][k]][m] = value[m] - answer.value
      value[m] = answer.value
    end
  end
  return shares, whole.metric
end

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local pattern, kind, count = options.of or "*", options.kind or "zero", options.orders or 20
  local seed, tolerance = options.seed or 0, options.tolerance or 0
  assert(kind == "zero" or kind == "mean" or kind == "drop", "the option 'kind' must be zero, mean or drop")
  assert(math.type(count) == "integer" and count >= 5, "the option 'orders' must be an integer from 5")
  assert(math.type(seed) == "integer", "the option 'seed' must be an integer")
  assert(type(tolerance) == "number" and tolerance >= 0, "the option 'tolerance' must be a number from 0")
  local layers = list_layers(net, kind, pattern)
  if #layers == 0 then return {}, "there is no layer to " .. kind .. " with a name that matches '" .. pattern .. "'" end

  math.randomseed(seed)
  local shares, metric = walk(net, kind, layers, count, tolerance)
  local cases, values, said = {}, {}, {}
  for i, layer in ipairs(layers) do
    local mean, squares = 0, 0
    for _, share in ipairs(shares[layer]) do mean = mean + share / count end
    for _, share in ipairs(shares[layer]) do squares = squares + (share - mean) ^ 2 end
    values[i] = {layer = layer, mean = mean, half = quantile(count - 1) * math.sqrt(squares / (count - 1) / count)}
    cases[i] = {name = layer.name, [kind] = {layer}}
  end
  table.sort(values, function(a, b)
    return a.mean > b.mean or a.mean == b.mean and a.layer.index < b.layer.index
  end)
  for i, v in ipairs(values) do said[i] = string.format("%s %.4f ± %.4f", v.layer.name, v.mean, v.half) end
  return cases, "Shapley values of the " .. metric .. " from " .. count .. " orders: " .. table.concat(said, ", ")
end
