#include "base/settings/setting_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_name.hpp"
#include "base/settings/toml_node.hpp"

namespace honeyswitch {
namespace {

using Kind = SettingInfo::Kind;

std::string_view kind_wanted(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "a string";
        case Kind::integer:
            return "an integer";
        case Kind::boolean:
            return "a boolean (true or false)";
        case Kind::list:
            return "a string or an array of strings";
    }
    return "";
}

/// The text of a scalar as the command line would give it, or nullopt if it is of another kind. What was
/// written otherwise before may have been an integer.
std::optional<std::string> scalar_text(const SettingInfo& setting, const toml::node& node) {
    const auto kind = setting.kind;
    if ((kind == Kind::integer || setting.renewed) && node.is_integer())
        return fmt::format("{}", node.as_integer()->get());
    if (kind == Kind::boolean && node.is_boolean()) return node.as_boolean()->get() ? "true" : "false";
    if ((kind == Kind::text || kind == Kind::list) && node.is_string()) return node.as_string()->get();
    return std::nullopt;
}

}  // namespace

SettingFile::Found SettingFile::find(std::string_view table, std::string_view key) const {
    for (const auto& setting : settings_) {
        if (setting.info->table == table && setting.info->key == key) return {&setting, nullptr};
        for (const auto& former : setting.info->former_keys)
            if (former.table == table && former.key == key) return {&setting, &former};
    }
    return {};
}

bool SettingFile::is_table(std::string_view name) const {
    return std::ranges::any_of(settings_, [&](const auto& setting) {
        return setting.info->table == name ||
               std::ranges::find(setting.info->former_keys, name, &FormerKey::table) !=
                   setting.info->former_keys.end();
    });
}

std::string SettingFile::title(std::string_view table, std::string_view key) const {
    if (record_.empty()) return table.empty() ? std::string(key) : fmt::format("[{}] {}", table, key);
    return table.empty() ? fmt::format("[[{}]] {}", record_, key)
                         : fmt::format("[{}.{}] {}", record_, table, key);
}

void SettingFile::complain(const toml::source_region& place, std::string reason) {
    complaints_.add({place_of(place), std::move(reason)});
}

/// For a key outside every table: the table that it belongs to, if it is known there.
std::string SettingFile::suggest_place(std::string_view key, const Others& others) const {
    auto known = others.names;
    for (const auto& setting : settings_) {
        const auto& info = *setting.info;
        if (info.key == key && !info.table.empty())
            return fmt::format("; it belongs into [{}{}{}]", record_, record_.empty() ? "" : ".", info.table);
        known.push_back(info.table.empty() ? info.key : info.table);
    }
    return suggest_name(key, known);
}

void SettingFile::read(const toml::table& table, std::span<const BoundSetting> settings,
                       const Others& others) {
    root_ = &table;
    settings_ = settings;
    for (const auto& [key, node] : table) {
        const auto name = key.str();
        if (std::ranges::find(others.names, name) != others.names.end())
            others.read(name, node);
        else if (const auto found = find("", name); found.setting != nullptr)
            read_setting(found, key, node);
        else if (!is_table(name))
            complain(
                key.source(),
                fmt::format("{}unknown {} '{}'{}", record_.empty() ? "" : fmt::format("[[{}]]: ", record_),
                            node.is_table() ? "table" : "key", name, suggest_place(name, others)));
        else if (!node.is_table())
            complain(node.source(), fmt::format("'{}' must be a table, not {}", name, kind_of(node)));
        else
            read_table(name, *node.as_table());
    }
}

void SettingFile::read_table(std::string_view name, const toml::table& table) {
    std::vector<std::string_view> known;
    for (const auto& setting : settings_)
        if (setting.info->table == name) known.push_back(setting.info->key);
    for (const auto& [key, node] : table) {
        if (const auto found = find(name, key.str()); found.setting != nullptr)
            read_setting(found, key, node);
        else
            complain(key.source(),
                     fmt::format("[{}{}{}]: unknown key '{}'{}", record_, record_.empty() ? "" : ".", name,
                                 key.str(), suggest_name(key.str(), known)));
    }
}

bool SettingFile::is_alone(const Found& found, const toml::key& key) {
    const auto& info = *found.setting->info;
    const auto* const table = info.table.empty() ? root_ : root_->get_as<toml::table>(info.table);
    const auto* const today = table == nullptr ? nullptr : table->get(info.key);
    const auto before = provenance_.places.find(value_ + info.name());
    if (today == nullptr && before == provenance_.places.end()) return true;
    complain(key.source(),
             fmt::format("{} is now called {}, which is there as well, at {}",
                         title(found.former->table, found.former->key), title(info.table, info.key),
                         today == nullptr ? before->second : place_of(today->source())));
    return false;
}

void SettingFile::read_setting(const Found& found, const toml::key& key, const toml::node& node) {
    const auto& info = *found.setting->info;
    if (found.former != nullptr) {
        if (!is_alone(found, key)) return;
        provenance_.warnings.push_back(
            {place_of(key.source()),
             fmt::format("{} is now called {}", title(found.former->table, found.former->key),
                         title(info.table, info.key))});
    }
    if (info.kind == Kind::list)
        read_list(*found.setting, node);
    else
        read_value(*found.setting, node, value_ + info.name());
}

void SettingFile::read_list(const BoundSetting& setting, const toml::node& node) {
    const auto value = value_ + setting.info->name();
    provenance_.places.insert_or_assign(value, place_of(node.source()));
    const toml::array* const array = node.as_array();
    if (array == nullptr) return read_value(setting, node, value + "[0]");
    for (std::size_t i = 0; i < array->size(); ++i)
        read_value(setting, *array->get(i), fmt::format("{}[{}]", value, i));
}

void SettingFile::read_value(const BoundSetting& setting, const toml::node& node, const std::string& value) {
    const auto& info = *setting.info;
    const auto name = title(info.table, info.key);
    const auto text = scalar_text(info, node);
    const auto place = place_of(node.source());
    const bool renewable = info.kind == Kind::integer || !node.is_integer() || (text && info.renewed(*text));
    if (!text || !renewable)
        return complain(node.source(),
                        fmt::format("{} must be {}, not {}", name, kind_wanted(info.kind), kind_of(node)));
    if (auto set = setting.set(renewed_value(info, *text, place, name, provenance_.warnings)); !set)
        return complain(node.source(), fmt::format("{}: {}", name, set.error()));
    provenance_.places.insert_or_assign(value, place);
}

}  // namespace honeyswitch
