-- Each gate of squeeze and excitation in turn: its factors are their means over training images, so that they
-- no longer depend on the image. A gate's end is its node that multiplies a map.

---@param net Network
---@return Case[], string?
return function(net)
  local cases = {}
  for _, node in ipairs(net:nodes{gate = true}) do
    for _, consumer in ipairs(node.consumers) do
      if consumer.op == "mul" then
        cases[#cases + 1] = {name = node.block or node.name, gate = {node}}
        break
      end
    end
  end
  if #cases == 0 then return {}, "this network has no squeeze and excitation" end
  return cases
end
