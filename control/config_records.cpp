#include "control/config_records.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "agent/wire/key.hpp"
#include "control/nearest_name.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, ConfigError>;

constexpr std::size_t longest_name = 32;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
    });
}

/// One table of a kind, and what its messages call it.
struct Record {
    ConfigDraft& draft;
    const toml::table& table;
    std::string kind;   ///< "agent"
    std::string value;  ///< "agent[2]"
    std::string title;  ///< "[[agent]] 'east'", or "[[agent]]" while the name is not known

    [[nodiscard]] std::unexpected<ConfigError> refuse(const toml::source_region& place,
                                                      const std::string& reason) const {
        return std::unexpected(ConfigError{place_of(place), fmt::format("{}: {}", title, reason)});
    }
    void note(std::string_view what, const toml::source_region& place) const {
        draft.places.insert_or_assign(fmt::format("{}{}", value, what), place_of(place));
    }
};

Read refuse_unknown(const Record& record, std::span<const std::string_view> known) {
    for (const auto& [key, node] : record.table)
        if (std::ranges::find(known, key.str()) == known.end())
            return record.refuse(
                key.source(), fmt::format("unknown key '{}'{}", key.str(), suggest_name(key.str(), known)));
    return {};
}

/// The string of that key, or nullptr if there is none.
std::expected<const toml::value<std::string>*, ConfigError> text_of(const Record& record,
                                                                    std::string_view key) {
    const toml::node* const node = record.table.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_string())
        return record.refuse(node->source(), fmt::format("{} must be a string, not {}", key, kind_of(*node)));
    return node->as_string();
}

std::expected<std::string, ConfigError> required_text(const Record& record, std::string_view key,
                                                      std::string_view example) {
    const auto text = text_of(record, key);
    if (!text) return std::unexpected(text.error());
    if (*text == nullptr)
        return record.refuse(record.table.source(), fmt::format("{} is missing; write {}", key, example));
    return (*text)->get();
}

std::expected<std::string, ConfigError> read_name(Record& record) {
    auto name = required_text(record, "name", "name = \"NAME\"");
    if (!name) return name;
    const auto& place = record.table.get("name")->source();
    if (!is_name(*name))
        return record.refuse(place,
                             fmt::format("'{}' is not a name: use 1 to {} letters, digits, '-', '_' or "
                                         "'.'",
                                         *name, longest_name));
    record.note("", record.table.source());
    record.note(".name", place);
    record.title = fmt::format("[[{}]] '{}'", record.kind, *name);
    return name;
}

Read read_honeypot(Record& record) {
    static constexpr std::array<std::string_view, 2> known{"name", "mac"};
    Honeypot honeypot;
    if (auto checked = refuse_unknown(record, known); !checked) return checked;
    auto name = read_name(record);
    if (!name) return std::unexpected(name.error());
    honeypot.name = std::move(*name);
    const auto text = text_of(record, "mac");
    if (!text) return std::unexpected(text.error());
    if (*text != nullptr) {
        const auto mac = agent::parse_mac((*text)->get());
        if (!mac) return record.refuse((*text)->source(), fmt::format("mac {}", mac.error()));
        honeypot.mac = *mac;
        record.note(".mac", (*text)->source());
    }
    record.draft.config.honeypots.push_back(std::move(honeypot));
    return {};
}

Read read_grants(const Record& record, Agent& agent) {
    const toml::node* const node = record.table.get("grants");
    if (node == nullptr)
        return record.refuse(record.table.source(), "grants is missing; write grants = [\"10.1.0.0/16\"]");
    if (!node->is_array())
        return record.refuse(node->source(),
                             fmt::format("grants must be an array of prefixes, not {}", kind_of(*node)));
    record.note(".grants", node->source());
    for (const auto& element : *node->as_array()) {
        if (!element.is_string())
            return record.refuse(element.source(),
                                 fmt::format("grant must be a string, not {}", kind_of(element)));
        const auto prefix = agent::parse_prefix(element.as_string()->get());
        if (!prefix) return record.refuse(element.source(), fmt::format("grant {}", prefix.error()));
        record.note(fmt::format(".grants[{}]", agent.grants.size()), element.source());
        agent.grants.push_back(*prefix);
    }
    return {};
}

Read read_agent(Record& record, const std::filesystem::path& folder) {
    static constexpr std::array<std::string_view, 3> known{"name", "key_file", "grants"};
    Agent agent;
    if (auto checked = refuse_unknown(record, known); !checked) return checked;
    auto name = read_name(record);
    if (!name) return std::unexpected(name.error());
    agent.name = std::move(*name);
    if (auto grants = read_grants(record, agent); !grants) return grants;
    const auto key_file = required_text(record, "key_file", "key_file = \"PATH\"");
    if (!key_file) return std::unexpected(key_file.error());
    const auto& place = record.table.get("key_file")->source();
    agent.key_file = folder / *key_file;
    const auto key = agent::load_key(agent.key_file);
    if (!key) return record.refuse(place, key.error().message());
    agent.key = *key;
    record.note(".key_file", place);
    record.draft.config.agents.push_back(std::move(agent));
    return {};
}

}  // namespace

std::string place_of(const toml::source_region& region) {
    return fmt::format("{}:{}:{}", region.path ? *region.path : std::string(), region.begin.line,
                       region.begin.column);
}

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a floating-point number";
        case toml::node_type::boolean:
            return "a boolean";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
        case toml::node_type::none:
            break;
    }
    return "nothing";
}

bool is_record(std::string_view name) {
    return name == "honeypot" || name == "agent";
}

Read read_records(ConfigDraft& draft, std::string_view name, const toml::node& node,
                  const std::filesystem::path& folder) {
    const toml::array* const tables = node.as_array();
    if (tables == nullptr || !tables->is_homogeneous(toml::node_type::table))
        return std::unexpected(
            ConfigError{place_of(node.source()),
                        fmt::format("{} must be written as tables of its own: [[{}]]", name, name)});
    for (std::size_t i = 0; i < tables->size(); ++i) {
        Record record{draft, *tables->get(i)->as_table(), std::string(name), fmt::format("{}[{}]", name, i),
                      fmt::format("[[{}]]", name)};
        auto read = name == "agent" ? read_agent(record, folder) : read_honeypot(record);
        if (!read) return read;
    }
    return {};
}

}  // namespace honeyswitch::control
