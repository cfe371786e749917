// `honeyctl progress`: how many sessions reached each step, by port or by source network.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// Sorted by how many sessions began; the limit counts after that.
[[nodiscard]] CommandResult progress(const Ask& ask, const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
