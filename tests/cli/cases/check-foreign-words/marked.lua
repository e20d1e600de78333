#!/usr/bin/env nontrivial
return function(net) return {{name = "a", zero = {net:node("conv1")}}} end
