return function()
  return {{name = "a", zero = "fc"}, {name = "b", zero = "fc"}}, {control_of = "a"}
end
