// What honeyctl changes: `honeyctl list add`, `list remove`, `link up`, `reload`, `confirm`.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

[[nodiscard]] CommandResult list_add(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult list_remove(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult link_up(const Ask& ask, const Selection& selection, const Sink& sink);
/// Returns when the switch has taken the new configuration or refused it, which is an error with its reasons.
[[nodiscard]] CommandResult reload(const Ask& ask, const Selection& selection, const Sink& sink);

/// Keeps what a reload with --confirm has put in force.
[[nodiscard]] CommandResult confirm(const Ask& ask, const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
