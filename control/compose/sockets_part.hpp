// Where agents and operators find the control plane.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "control/config/config.hpp"

namespace honeyswitch::control {

struct SocketsConfig {
    std::string notice_address;  ///< a dotted quad, which need not be one of this machine's yet
    std::uint16_t notice_port = 0;
    std::filesystem::path operators;
    std::string change_group, read_group;  ///< empty: none
};

[[nodiscard]] SocketsConfig sockets_config(const Config& config);

}  // namespace honeyswitch::control
