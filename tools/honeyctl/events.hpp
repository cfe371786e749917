// `honeyctl events`: what has happened, and what happens.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// Prints what the switch still knows of what has happened; to be followed, what happens from now on, until
/// nobody reads any more.
[[nodiscard]] CommandResult events(const Listen& listen, const Selection& selection, const Sink& sink);

/// An event as a line for people: "2026-11-27T03:40:00.123Z honeypot honeypot=main state=up", its members in
/// the order in which they were sent. What is not JSON stays as it is.
[[nodiscard]] std::string event_text(std::string_view line);

}  // namespace honeyswitch::honeyctl
