// The rows of Inspect as JSON, for honeyctl and for whoever reads the socket. Key names are part of the
// operator's interface: README.md lists them. Durations are in milliseconds, and end in _ms.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/flows/flow.hpp"
#include "control/inspect/inspect.hpp"
#include "control/operator/operate.hpp"

namespace honeyswitch::control {

[[nodiscard]] nlohmann::json to_json(const SessionRow& row, TimePoint now);
[[nodiscard]] nlohmann::json to_json(const ActiveRow& row, TimePoint now);
[[nodiscard]] nlohmann::json to_json(const DomainRow& row, TimePoint now);
[[nodiscard]] nlohmann::json to_json(const AgentRow& row, TimePoint now);
[[nodiscard]] nlohmann::json to_json(const Stats& stats, Milliseconds idle_timeout);
[[nodiscard]] nlohmann::json to_json(const Flow& flow);

// operator_policy_rows.cpp
[[nodiscard]] nlohmann::json to_json(const HoneypotRow& row);
[[nodiscard]] nlohmann::json to_json(const PoolRow& row);
[[nodiscard]] nlohmann::json to_json(const RuleRow& row);
[[nodiscard]] nlohmann::json to_json(const ListRow& row);
[[nodiscard]] nlohmann::json to_json(const LogRow& row);
[[nodiscard]] nlohmann::json to_json(const ListEntryRow& row);
[[nodiscard]] nlohmann::json to_json(const ReportRow& row);
[[nodiscard]] nlohmann::json to_json(const StepCounts& steps);
[[nodiscard]] nlohmann::json to_json(const ReloadState& state);

}  // namespace honeyswitch::control
