-- Root polls for wrk, each of another device: wrk --script idle-polls.lua <url> -- <devices> <gateway token>
local devices, headers

function init(args)
  devices = tonumber(args[1])
  headers = { Authorization = "GatewayToken " .. args[2], Accept = "application/hal+json" }
  math.randomseed(os.time())
end

function request()
  local id = string.format("bench-%08d", math.random(devices))
  return wrk.format("GET", "/DEFAULT/controller/v1/" .. id, headers)
end
