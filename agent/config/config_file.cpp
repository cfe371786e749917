#include "agent/config/config_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "agent/config/agent_settings.hpp"
#include "base/settings/setting_file.hpp"
#include "base/settings/toml_document.hpp"
#include "base/settings/toml_node.hpp"

namespace honeyswitch::agent {
namespace {

/// The tables of an array that was written as [[name]]; nothing, and a complaint, for anything else.
std::vector<const toml::table*> tables_of(std::string_view name, const toml::node& node,
                                          Complaints& complaints) {
    std::vector<const toml::table*> tables;
    const auto* const array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
        complaints.add({place_of(node.source()),
                        fmt::format("{} must be written as tables of its own: [[{}]]", name, name)});
        return tables;
    }
    for (const auto& element : *array) tables.push_back(element.as_table());
    return tables;
}

void read_domain(OptionsDraft& draft, const toml::table& table, Complaints& complaints) {
    const auto value = domain_value(draft.options.domains.size());
    auto& spec = draft.options.domains.emplace_back();
    draft.places.emplace(value.substr(0, value.size() - 1), place_of(table.source()));
    SettingFile(draft, complaints, "domain", value).read(table, bind_settings(domain_settings(), spec));
}

void read_leases(OptionsDraft& draft, const toml::table& table, Complaints& complaints) {
    auto& source = draft.options.leases.emplace_back();
    for (const auto* const key : {"file", "format"})
        if (!table.contains(key))
            complaints.add({place_of(table.source()), fmt::format("[[leases]]: {} is missing", key)});
    SettingFile(draft, complaints, "leases", fmt::format("[[leases]][{}].", draft.options.leases.size() - 1))
        .read(table, bind_settings(lease_settings(), source));
}

/// Paths are relative to the folder of the file, wherever the agent is started.
void resolve_paths(AgentOptions& options, const std::filesystem::path& folder) {
    const auto resolve = [&](std::filesystem::path& path) {
        if (!path.empty()) path = folder / path;
    };
    resolve(options.key_file);
    resolve(options.status_socket);
    for (auto& list : options.static_lists) resolve(list);
    for (auto& leases : options.leases) resolve(leases.path);
}

std::expected<OptionsDraft, Complaint> draft_of(const toml::table& document,
                                                const std::filesystem::path& path) {
    OptionsDraft draft;
    draft.source = path.string();
    Complaints complaints;
    const auto read_record = [&](std::string_view name, const toml::node& node) {
        for (const auto* const table : tables_of(name, node, complaints))
            (name == "domain" ? read_domain : read_leases)(draft, *table, complaints);
    };
    SettingFile(draft, complaints)
        .read(document, bind_settings(agent_settings(), draft.options), {{"domain", "leases"}, read_record});
    if (auto read = complaints.in_order_of_lines(); !read) return std::unexpected(read.error());
    in_order_of_lines(draft.warnings);
    resolve_paths(draft.options, path.parent_path());
    return draft;
}

}  // namespace

std::expected<OptionsDraft, Complaint> read_config(const std::filesystem::path& path) {
    const auto document = read_document(path);
    if (!document) return std::unexpected(document.error());
    return draft_of(*document, path);
}

}  // namespace honeyswitch::agent
