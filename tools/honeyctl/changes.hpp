// What honeyctl changes: `honeyctl list add`, `list remove`, `link up`, `reload`, `confirm`, `maintenance`.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// A row of `command`, "reload_state" or "compare_state", once what has this id is over.
[[nodiscard]] std::expected<Json, std::string> wait_for(const Ask& ask, std::string_view command,
                                                        std::string_view what, std::uint64_t id);
/// Each on a line of its own, behind a newline.
[[nodiscard]] std::string lines_of(const Json& sentences);

[[nodiscard]] CommandResult list_add(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult list_remove(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult link_up(const Ask& ask, const Selection& selection, const Sink& sink);
/// Returns when the switch has taken the new configuration or refused it, which is an error with its reasons.
[[nodiscard]] CommandResult reload(const Ask& ask, const Selection& selection, const Sink& sink);

/// Keeps what a reload with --confirm has put in force.
[[nodiscard]] CommandResult confirm(const Ask& ask, const Selection& selection, const Sink& sink);

/// `selection.on` says whether it begins or ends.
[[nodiscard]] CommandResult maintenance(const Ask& ask, const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
