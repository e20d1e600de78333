return function(net)
  return {
    {name = "both", zero = {"conv1", "layer1.conv1"}},
    {name = "the other way round", zero = {"layer1.conv1", "conv1"}},
    {name = "nothing", prune = {"conv1", share = 0}},
  }
end
