// What the operator wants done with packets: `honeyctl honeypots`, `pools`, `rules`, `lists`, `list show`.
#pragma once

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

[[nodiscard]] CommandResult honeypots(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult pools(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult rules(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult lists(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult logs(const Ask& ask, const Selection& selection, const Sink& sink);
[[nodiscard]] CommandResult list_show(const Ask& ask, const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
