return function(net)
  print("some of", #net:nodes("conv2d"))
  print("and nothing else")
  return {
    {name = "first", zero = "conv1"},
    {name = "second", zero = {"layer1.conv1"}},
    {name = "both", zero = {"conv1", "layer1.conv1"}},
    {name = "the other way round", zero = {"layer1.conv1", "conv1"}},
    {name = "nothing", prune = {"conv1", share = 0}},
  }, "of the first block"
end
