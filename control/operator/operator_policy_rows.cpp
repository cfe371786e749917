// Rows of what the operator wants done with packets, and of what came of it.
#include <nlohmann/json.hpp>

#include "control/operator/operator_names.hpp"
#include "control/operator/operator_rows.hpp"

namespace honeyswitch::control {

using nlohmann::json;

json to_json(const HoneypotRow& row) {
    return {{"name", row.name},
            {"mac", row.mac ? json(to_string(*row.mac)) : json()},
            {"pool", row.pool},
            {"port", row.port},
            {"vlan", row.vlan ? json(*row.vlan) : json()},
            {"weight", row.weight},
            {"state", name_of(row.state)},
            {"sessions", row.sessions}};
}

json to_json(const PoolRow& row) {
    return {{"name", row.name},
            {"affinity", name_of(row.affinity)},
            {"honeypots_up", row.honeypots_up},
            {"honeypots", row.honeypots},
            {"sessions", row.sessions}};
}

json to_json(const RuleRow& row) {
    return {{"name", row.name},
            {"action", name_of(row.action)},
            {"pool", row.pool.empty() ? json() : json(row.pool)},
            {"packets", row.packets}};
}

json to_json(const ListRow& row) {
    return {{"name", row.name},
            {"kind", name_of(row.kind)},
            {"file", row.file.empty() ? json() : json(row.file)},
            {"entries", row.entries}};
}

json to_json(const LogRow& row) {
    return {{"file", row.file},
            {"list", row.list},
            {"trouble", row.trouble.empty() ? json() : json(row.trouble)},
            {"lines", row.lines},
            {"of_sshd", row.of_sshd},
            {"failures", row.failures},
            {"listed", row.listed}};
}

json to_json(const ListEntryRow& row) {
    return {{"list", row.list},
            {"prefix", to_string(row.prefix)},
            {"origins", row.origins},
            {"remaining_ms", row.remaining ? json(row.remaining->count()) : json()}};
}

json to_json(const StepCounts& steps) {
    json counts = json::object();
    for (std::size_t i = 0; i < steps.size(); ++i)
        counts[std::string(dataplane::step_names.at(i))] = steps.at(i);
    return counts;
}

json to_json(const ReportRow& row) {
    auto result = to_json(row.steps);
    if (row.by == ReportBy::network) {
        result["network"] = to_string(row.network);
        return result;
    }
    result["protocol"] = row.protocol;
    result["port"] = row.port;
    return result;
}

json to_json(const ReloadState& state) {
    return {{"id", state.id}, {"phase", name_of(state.phase)}, {"sentences", state.sentences}};
}

}  // namespace honeyswitch::control
