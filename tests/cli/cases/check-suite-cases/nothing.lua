return function(net)
end
