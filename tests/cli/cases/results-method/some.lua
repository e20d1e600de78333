return function(net)
  return {{name = "one", zero = "conv1"}, {name = "both", zero = "conv1", noise = {"conv2", deviation = 0.1}}}
end
