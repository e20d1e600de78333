return function(net)
  return {{name = "layer2.0.downsample.0", zero = {"conv1", "layer2.0.downsample.0"}}}
end
