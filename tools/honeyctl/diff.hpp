// `honeyctl diff`: what a reload would change.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// Prints the differences, and what a reload would say. Returns the exit code, as diff(1) has it: 0 without a
/// difference, 1 with some. Errors: nothing can be compared, as the file has faults; they are told.
[[nodiscard]] std::expected<int, std::string> diff(const Ask& ask, const Selection& selection,
                                                   const Sink& sink);

}  // namespace honeyswitch::honeyctl
