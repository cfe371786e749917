#include "control/config/config_records.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/settings/toml_node.hpp"
#include "control/config/agent_records.hpp"
#include "control/config/honeypot_records.hpp"
#include "control/config/link_records.hpp"
#include "control/config/rule_records.hpp"

namespace honeyswitch::control {
namespace {

struct Kind {
    std::string_view name;
    std::size_t most;  ///< of its tables
    void (*read)(RecordReader&, Config&);
};
constexpr std::array kinds{
    Kind{"link", limits::links, read_link},
    Kind{"pool", limits::pools, read_pool},
    Kind{"honeypot", limits::honeypots, read_honeypot},
    Kind{"rule", limits::rules, read_rule},
    Kind{"list", limits::lists, read_list},
    Kind{"auth_log", limits::auth_logs, read_auth_log},
    Kind{"tier", limits::tiers, read_tier},
    Kind{"agent", limits::agents, read_agent},
};

const Kind* kind_named(std::string_view name) {
    const auto* const found = std::ranges::find(kinds, name, &Kind::name);
    return found == kinds.end() ? nullptr : found;
}

}  // namespace

std::vector<std::string_view> record_names() {
    std::vector<std::string_view> names(kinds.size());
    std::ranges::transform(kinds, names.begin(), &Kind::name);
    return names;
}

std::expected<void, Complaint> read_records(ConfigDraft& draft, std::string_view name, const toml::node& node,
                                            const std::filesystem::path& folder) {
    const auto& kind = *kind_named(name);
    const toml::array* const tables = node.as_array();
    if (tables == nullptr || !tables->is_homogeneous(toml::node_type::table))
        return std::unexpected(
            Complaint{place_of(node.source()),
                      fmt::format("{} must be written as tables of its own: [[{}]]", name, name)});
    if (tables->size() > kind.most)
        return std::unexpected(Complaint{
            place_of(tables->get(kind.most)->source()),
            fmt::format("[[{}]]: there are {}, and there can be {}", name, tables->size(), kind.most)});
    Complaints errors;
    for (std::size_t i = 0; i < tables->size(); ++i) {
        RecordReader reader(draft, *tables->get(i)->as_table(), {name, i, folder});
        kind.read(reader, draft.config);
        errors.add(reader.result());
    }
    return errors.result();
}

}  // namespace honeyswitch::control
