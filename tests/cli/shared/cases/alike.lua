return function(net, options)
  return {
    {name = "stem", zero = "conv1"},
    {name = "unit", zero = {"layer1.conv2"}},
    {name = "dropped", drop = {"layer1.add"}},
    {name = "projected", drop = {"layer2.add"}},
    {name = "impossible", permute = {"layer2.add", "layer1.add"}},
    {name = options.what, zero = net:nodes("conv2d")},
    {name = "last", zero = "fc", prune = {"conv1", share = 0.5}},
  }, {control_of = "each/first"}
end
