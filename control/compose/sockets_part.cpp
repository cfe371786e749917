#include "control/compose/sockets_part.hpp"

namespace honeyswitch::control {

SocketsConfig sockets_config(const Config& config) {
    return {.notice_address = config.listen_address,
            .notice_port = config.listen_port,
            .operators = config.control_socket,
            .change_group = config.control_group,
            .read_group = config.read_group};
}

}  // namespace honeyswitch::control
