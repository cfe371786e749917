// Names that stand for pools, lists and ports.
#pragma once

#include <expected>

#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

/// Turns the names of a draft that is complete into indices, and declares the pool "default" if there is
/// none. The error is the first name that stands for nothing.
[[nodiscard]] std::expected<void, Complaint> resolve_references(ConfigDraft& draft);

}  // namespace honeyswitch::control
