return function(net)
  return {{name = "r", zero = net:nodes("relu")}}
end
