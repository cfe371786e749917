// What the agent gives up once it runs: everything but raw sockets.
#pragma once

#include <expected>
#include <string>

#include "base/error.hpp"

namespace honeyswitch::agent {

/// Becomes `user` (empty: stays whoever it is), keeps CAP_NET_RAW alone, as an interface that returns needs a
/// new socket, and can never gain more (no_new_privs). Call it after all sockets and files are open.
[[nodiscard]] std::expected<void, Error> drop_privileges(const std::string& user);

/// From here on only the system calls that the event loop and its handlers need are served; any other fails
/// with EPERM. Call it last.
[[nodiscard]] std::expected<void, Error> restrict_system_calls();

}  // namespace honeyswitch::agent
