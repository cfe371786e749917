// From a configuration to what each part of the switch needs of it: values, so that no part holds on to a
// configuration that another has taken the place of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/compose/data_plane_part.hpp"
#include "control/compose/numbers.hpp"
#include "control/compose/shown_part.hpp"
#include "control/compose/sockets_part.hpp"
#include "control/compose/state_part.hpp"
#include "control/config/numbered.hpp"
#include "control/controller/controller.hpp"
#include "control/dpdk/honeypot_plane.hpp"
#include "control/dpdk/start_ports.hpp"
#include "dataplane/tables/classifier.hpp"
#include "dataplane/tables/modes.hpp"

namespace honeyswitch::control {

/// What only a start can change.
struct StartParts {
    std::vector<std::string> eal;
    std::uint32_t buffers = 0;
    std::uint32_t longest_frame = 0;  ///< that a buffer has room for, in bytes without FCS
    PortsConfig ports;
    dataplane::DataPlaneConfig data_plane;
    SocketsConfig sockets;
};

/// What a reload changes too. Each is for one part of the control plane, which takes it over as a whole.
struct RunningParts {
    Numbers numbers;
    dataplane::ClassifierConfig classifier;
    unsigned workers = 1;  ///< that count what the policy decides
    dataplane::ModeSettings modes;
    ControllerConfig controller;
    HoneypotPlaneConfig honeypots;
    std::vector<Numbered<SourceList>> lists;
    std::uint32_t source_capacity = 0;
    std::vector<AuthLog> auth_logs;  ///< which name lists by their index in `lists`
    std::vector<Agent> agents;
    Milliseconds agent_timeout{};
    Milliseconds heartbeat_timeout{};
    std::string listen_address;
    std::string log_level;
    StateConfig state;
    ShownConfig shown;
};

/// `process`: the id of this process.
[[nodiscard]] StartParts start_parts(const Config& config, int process);
[[nodiscard]] RunningParts running_parts(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
