return function(net, options)
  if #net:nodes("conv_transpose2d") == 0 then return {}, "no transposed convolution" end
  return {{name = options.what, zero = net:nodes("conv_transpose2d")}}
end
