return function(net)
  local n = 0
  for _, c in ipairs(net:nodes("conv2d")) do n += 1 end
end
