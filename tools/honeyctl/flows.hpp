// `honeyctl flows`: the whole flow table, from priority 0 up.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// With a source or destination given, as with ovs-ofctl: only flows whose match lies within it.
[[nodiscard]] CommandResult flows(const Ask& ask, const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
