return function(net)
  return {{name = "a", zero = "conv1"}, {name = "a", zero = "conv1"}}
end
