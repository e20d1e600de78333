return function(net, options)
  local what = options.what
  print(type(what) == "table" and table.concat(what, " and ") or what)
  return {{name = "c", zero = "conv1"}}
end
