return function(net, options)
  return {{name = "any", zero = "conv1"}}, {remark = "one", control_of = options.of}
end
