return function(net)
  if net:node("conv1").name != "x" then return {} end
end
