// What a running switch can take on of another configuration.
#pragma once

#include <string>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// A sentence for each setting that differs and needs a restart; empty if `wanted` can take the place of
/// `running`. Records ([[honeypot]], [[rule]] and their like) can change, except for [[link]].
[[nodiscard]] std::vector<std::string> unchangeable(const Config& running, const Config& wanted);

}  // namespace honeyswitch::control
