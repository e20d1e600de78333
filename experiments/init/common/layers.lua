-- What is taken away, case by case: a function from the network to a list of cases. A case has a name and says
-- what is done to which layers. `nontrivial ablations` lists what can be done, `nontrivial show net.yaml` the
-- layers. Editors that know the Lua language server complete all of it (.luarc.json).

---@param net Network
---@param options {how: string?}   what suite.yaml says under the group's `options:`
---@return Case[]
return function(net, options)
  local how = options.how or "zero"      -- "zero": the kernel is zero; "mean": the output is its mean
  local cases = {}
  for _, conv in ipairs(net:nodes("conv*")) do
    -- A node has a name, op, stage, block, inputs, channels, fd, shortcut and more to choose by.
    cases[#cases + 1] = {name = conv.name, [how] = {conv}}
  end
  -- Several layers at once, chosen by their names:
  --   cases[#cases + 1] = {name = "layer2", zero = net:nodes{op = "conv2d", name = "layer2.*"}}
  return cases
end
