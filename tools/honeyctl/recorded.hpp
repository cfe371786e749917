// What honeyctl reads in the files that honeyrecord writes, without asking the switch.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

/// Sessions of the store.
[[nodiscard]] CommandResult recorded_sessions(const Selection& selection, const Sink& sink);
/// All of one session.
[[nodiscard]] CommandResult recorded_session(const Selection& selection, const Sink& sink);
/// Sessions of the store, counted by port, network, honeypot, day or hour.
[[nodiscard]] CommandResult recorded_report(const Selection& selection, const Sink& sink);
/// What an address was.
[[nodiscard]] CommandResult recorded_address(const Selection& selection, const Sink& sink);
/// Whether the lines of files follow from each other. What does not is an error that names the line.
[[nodiscard]] CommandResult audit(const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
