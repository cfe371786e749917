// PORT, on the command line and in the configuration: which device a port of the switch is.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// "0000:03:00.0", "dev:NAME" or "vdev:ARGS". The error is the reason alone; the caller knows the place.
[[nodiscard]] std::expected<PortSpec, std::string> parse_port(std::string_view text);

/// True if both name one device, whatever the arguments of a vdev.
[[nodiscard]] bool same_device(const PortSpec& one, const PortSpec& other);

}  // namespace honeyswitch::control
