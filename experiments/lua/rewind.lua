-- Are all layers created equal (Zhang, Bengio, Singer, JMLR 2022)? Every convolution, alone, goes back to what its
-- kernel was before training and after some epochs of it, while all else stays as trained. A layer is the more
-- critical the later the epoch to which it can't go back without harm. The recipe keeps the epochs under `snapshots`.
--
-- Options:
--   epochs     one or a list of them (default: 0, before training)

---@param net Network
---@param options {epochs: integer|integer[]?}
---@return Case[]
return function(net, options)
  local epochs = options.epochs or {0}
  if type(epochs) ~= "table" then epochs = {epochs} end
  local cases = {}
  for _, conv in ipairs(net:nodes("conv*")) do
    for _, epoch in ipairs(epochs) do
      cases[#cases + 1] = {name = conv.name .. " @ " .. epoch, reinit = {conv, epoch = epoch}}
    end
  end
  return cases
end
