-- How many convolutions can go together? Removes them one by one, each time the one whose loss costs the
-- least of the metric, as long as what is left stays within a margin of the baseline. The outcome is the largest
-- set of trivial layers that greedy search finds; a larger one may exist, since it never takes a step back.
--
-- It asks: each round tries every candidate that is left, so n candidates take up to n (n + 1) / 2 questions
-- (666 for the 36 convolutions of ResNet34). Of two that leave the same value the one with the smaller
-- loss goes, then the one that comes first. A set that was searched for on some images looks better on them
-- than on others.
--
-- Options:
--   margin      how far the metric may fall below the baseline's (default: 0.01)
--   kind        what is done to a convolution: zero (default), mean, reinit, rerandomise or noise
--   deviation   of noise; seed: of noise and rerandomise (see nontrivial.lua)
--   candidates  a pattern that the names of the convolutions to try match (default: "*", all)

local kinds = {zero = true, mean = true, reinit = true, rerandomise = true, noise = true}

---@param net Network
---@param options table
---@return Case[], string?
return function(net, options)
  local margin, kind = options.margin or 0.01, options.kind or "zero"
  local deviation, seed = options.deviation, options.seed
  local pattern = options.candidates or "*"
  assert(type(margin) == "number" and margin >= 0, "the option 'margin' must be a number from 0")
  assert(kinds[kind], "the option 'kind' must be zero, mean, reinit, rerandomise or noise")

  local function with(list, item)
    local longer = table.move(list, 1, #list, 1, {})
    longer[#longer + 1] = item
    return longer
  end
  local function better(a, b)
    return a.value > b.value or a.value == b.value and a.loss < b.loss
  end

  local left, removed, cases = net:nodes{op = "conv*", name = pattern}, {}, {}
  local all = #left
  while #left > 0 do
    local questions, best = {}, 1
    for i, conv in ipairs(left) do
      questions[i] = {[kind] = with(removed, conv), deviation = deviation, seed = seed}
    end
    local answers = net:evaluate_all(questions)
    for i, answer in ipairs(answers) do
      if better(answer, answers[best]) then best = i end
    end
    local change = answers[best].change
    if not (change >= -margin - 1e-9) then -- the margin itself is within it, however it was rounded
      return cases, string.format("stopped at %d of %d convolutions: without %s too, the next best, "
        .. "the %s would change by %+.4f, more than the margin of %g",
        #removed, all, left[best].name, answers[best].metric, change, margin)
    end
    removed = with(removed, table.remove(left, best))
    cases[#cases + 1] = {
      name = #removed .. (#removed == 1 and " layer" or " layers"),
      [kind] = removed, deviation = deviation, seed = seed,
    }
  end
  if all == 0 then return {}, "no convolution has a name that matches '" .. pattern .. "'" end
  return cases, string.format("went through all %d convolutions within the margin of %g", all, margin)
end
