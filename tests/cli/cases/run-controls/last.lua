return function() return {{name = "both", zero = {"layer3.0.conv1", "layer3.0.conv2"}}} end
