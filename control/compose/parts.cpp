#include "control/compose/parts.hpp"

#include "control/compose/classifier_part.hpp"
#include "control/compose/controller_part.hpp"
#include "control/compose/eal_part.hpp"
#include "control/compose/honeypots_part.hpp"
#include "control/compose/lists_part.hpp"
#include "control/compose/modes_part.hpp"
#include "control/compose/ports_part.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {

StartParts start_parts(const Config& config, int process) {
    return {.eal = eal_arguments(config, process),
            .buffers = buffers_of(config),
            .longest_frame = honeypot_frame(config),
            .ports = ports_config(config),
            .data_plane = data_plane_config(config),
            .sockets = sockets_config(config)};
}

RunningParts running_parts(const Config& config, const Numbers& numbers) {
    return {.numbers = numbers,
            .classifier = classifier_config(config, numbers),
            .workers = config.workers,
            .modes = mode_settings(config, numbers),
            .controller = controller_config(config, numbers),
            .honeypots = honeypot_plane_config(config, numbers),
            .lists = numbered_lists(config, numbers),
            .source_capacity = config.source_capacity,
            .auth_logs = config.auth_logs,
            .agents = config.agents,
            .agent_timeout = config.agent_timeout,
            .heartbeat_timeout = config.heartbeat_timeout,
            .listen_address = config.listen_address,
            .log_level = config.log_level,
            .state = state_config(config, numbers),
            .shown = shown_config(config, numbers)};
}

}  // namespace honeyswitch::control
