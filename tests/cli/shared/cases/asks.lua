return function(net)
  print("about to ask")
  local r = net:evaluate{zero = "conv1"}
  print("asked", r.change)
  return {{name = "it", zero = "conv1"}}
end
