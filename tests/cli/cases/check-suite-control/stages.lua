return function(net)
  return {{name = "layer1", zero = net:nodes{op = "conv2d", stage = "layer1"}}}
end
