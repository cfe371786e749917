#include "control/config/config_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/nearest_name.hpp"
#include "base/toml_keys.hpp"
#include "control/config/config_records.hpp"
#include "control/config/setting.hpp"
#include "control/config/toml_node.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, ConfigError>;

constexpr std::streamsize longest_file = 1 << 22;  // room for the 10,000 rules that there can be

std::unexpected<ConfigError> refuse(const toml::source_region& place, std::string reason) {
    return std::unexpected(ConfigError{place_of(place), std::move(reason)});
}

std::string_view kind_wanted(Setting::Kind kind) {
    switch (kind) {
        case Setting::Kind::text:
            return "a string";
        case Setting::Kind::integer:
            return "an integer";
        case Setting::Kind::boolean:
            return "a boolean (true or false)";
        case Setting::Kind::list:
            return "a string or an array of strings";
    }
    return "";
}

/// The text of a scalar as the command line would give it, or nullopt if it is of another kind.
std::optional<std::string> scalar_text(Setting::Kind kind, const toml::node& node) {
    if (kind == Setting::Kind::integer && node.is_integer())
        return fmt::format("{}", node.as_integer()->get());
    if (kind == Setting::Kind::boolean && node.is_boolean())
        return node.as_boolean()->get() ? "true" : "false";
    if ((kind == Setting::Kind::text || kind == Setting::Kind::list) && node.is_string())
        return node.as_string()->get();
    return std::nullopt;
}

Read read_value(ConfigDraft& draft, const Setting& setting, const toml::node& node, std::string value) {
    const auto title = fmt::format("[{}] {}", setting.table, setting.key);
    const auto text = scalar_text(setting.kind, node);
    if (!text)
        return refuse(node.source(),
                      fmt::format("{} must be {}, not {}", title, kind_wanted(setting.kind), kind_of(node)));
    if (auto set = setting.set(draft.config, *text); !set)
        return refuse(node.source(), fmt::format("{}: {}", title, set.error()));
    draft.places.insert_or_assign(std::move(value), place_of(node.source()));
    return {};
}

Read read_list(ConfigDraft& draft, const Setting& setting, const toml::node& node) {
    const toml::array* const array = node.as_array();
    if (array == nullptr) return read_value(draft, setting, node, fmt::format("{}[0]", setting.key));
    ConfigErrors errors;
    for (std::size_t i = 0; i < array->size(); ++i)
        errors.add(read_value(draft, setting, *array->get(i), fmt::format("{}[{}]", setting.key, i)));
    return errors.result();
}

Read read_table(ConfigDraft& draft, std::string_view name, const toml::table& table) {
    std::vector<std::string_view> known;
    for (const auto& setting : settings())
        if (setting.table == name) known.push_back(setting.key);
    ConfigErrors errors;
    for (const auto& [key, node] : table) {
        const auto found = std::ranges::find_if(settings(), [&](const auto& setting) {
            return setting.table == name && setting.key == key.str();
        });
        if (found == settings().end())
            errors.add({place_of(key.source()), fmt::format("[{}]: unknown key '{}'{}", name, key.str(),
                                                            suggest_name(key.str(), known))});
        else
            errors.add(found->kind == Setting::Kind::list
                           ? read_list(draft, *found, node)
                           : read_value(draft, *found, node, std::string(found->key)));
    }
    return errors.result();
}

std::vector<std::string_view> table_names() {
    auto names = record_names();
    for (const auto& setting : settings())
        if (names.back() != setting.table) names.push_back(setting.table);
    return names;
}

/// For a key outside every table: the table that it belongs to, if it is known there.
std::string suggest_place(std::string_view key, std::span<const std::string_view> tables) {
    for (const auto& setting : settings())
        if (setting.key == key) return fmt::format("; it belongs into [{}]", setting.table);
    return suggest_name(key, tables);
}

Read read_document(ConfigDraft& draft, const toml::table& document, const std::filesystem::path& folder) {
    const auto names = table_names();
    ConfigErrors errors;
    for (const auto& [key, node] : document) {
        const auto name = key.str();
        if (std::ranges::find(names, name) == names.end())
            errors.add(
                {place_of(key.source()), fmt::format("unknown {} '{}'{}", node.is_table() ? "table" : "key",
                                                     name, suggest_place(name, names))});
        else if (!is_record(name) && !node.is_table())
            errors.add(
                {place_of(node.source()), fmt::format("'{}' must be a table, not {}", name, kind_of(node))});
        else
            errors.add(is_record(name) ? read_records(draft, name, node, folder)
                                       : read_table(draft, name, *node.as_table()));
    }
    return errors.in_order_of_lines();
}

}  // namespace

std::expected<ConfigDraft, ConfigError> read_config_text(std::string_view text,
                                                         const std::filesystem::path& path) {
    ConfigDraft draft;
    draft.source = path.string();
    if (const auto line = line_of_too_deep_key(text))
        return std::unexpected(ConfigError{fmt::format("{}:{}", draft.source, *line),
                                           fmt::format("a key has more than {} parts", most_key_parts)});
    try {
        const auto document = toml::parse(text, draft.source);
        if (auto read = read_document(draft, document, path.parent_path()); !read)
            return std::unexpected(read.error());
    } catch (const toml::parse_error& error) {  // the only way in which the library reports bad syntax
        return refuse(error.source(), std::string(error.description()));
    }
    return draft;
}

std::expected<ConfigDraft, ConfigError> read_config_file(const std::filesystem::path& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure))
        return std::unexpected(ConfigError{path.string(), "cannot be read: it is a directory"});
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::unexpected(
            ConfigError{path.string(), fmt::format("cannot be read: {}", std::strerror(errno))});
    std::string text(longest_file + 1, '\0');
    file.read(text.data(), longest_file + 1);
    if (file.gcount() > longest_file)
        return std::unexpected(ConfigError{
            path.string(), fmt::format("is no configuration: it has more than {} bytes", longest_file)});
    text.resize(static_cast<std::size_t>(file.gcount()));
    return read_config_text(text, path);
}

std::expected<CheckedConfig, ConfigError> load_config(const std::filesystem::path& path) {
    auto draft = read_config_file(path);
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

}  // namespace honeyswitch::control
