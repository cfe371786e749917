#include "agent/config/config_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace honeyswitch::agent {

const toml::node* ConfigReader::take(std::string_view key) {
    taken_.emplace_back(key);
    return table_->get(key);
}

Error ConfigReader::error_at(const toml::source_region& place, std::string reason) const {
    return {"read", fmt::format("{}:{}", file_, place.begin.line), std::move(reason)};
}

void ConfigReader::fail(std::string_view key, std::string reason) {
    if (error_) return;
    const auto* const node = table_->get(key);
    error_ =
        error_at(node != nullptr ? node->source() : table_->source(), fmt::format("{}: {}", key, reason));
}

std::optional<std::string> ConfigReader::text(std::string_view key) {
    const auto* const node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const auto value = node->value_exact<std::string>()) return value;
    fail(key, "must be a string");
    return std::nullopt;
}

void ConfigReader::get(std::string_view key, std::string& value) {
    if (auto found = text(key)) value = std::move(*found);
}

void ConfigReader::get(std::string_view key, unsigned& value, unsigned least, unsigned most) {
    const auto* const node = take(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < least || *number > most)
        return fail(key, fmt::format("must be a whole number from {} to {}", least, most));
    value = static_cast<unsigned>(*number);
}

void ConfigReader::get(std::string_view key, Clock::duration& value, const DurationRange& range) {
    const auto found = text(key);
    if (!found) return;
    const auto duration = parse_duration(*found, range.least, range.most);
    if (!duration) return fail(key, duration.error());
    value = *duration;
}

std::vector<std::string> ConfigReader::texts(std::string_view key) {
    std::vector<std::string> values;
    const auto* const node = take(key);
    if (node == nullptr) return values;
    const auto* const array = node->as_array();
    if (array == nullptr) fail(key, "must be a list of strings");
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        const auto value = (*array)[i].value_exact<std::string>();
        if (!value) fail(key, "must be a list of strings");
        if (value) values.push_back(*value);
    }
    return values;
}

std::vector<Ipv4Address> ConfigReader::addresses(std::string_view key) {
    std::vector<Ipv4Address> parsed;
    for (const auto& text : texts(key)) {
        const auto address = parse_address(text);
        if (!address) fail(key, address.error());
        if (address) parsed.push_back(*address);
    }
    return parsed;
}

std::vector<MacAddress> ConfigReader::macs(std::string_view key) {
    std::vector<MacAddress> parsed;
    for (const auto& text : texts(key)) {
        const auto mac = parse_mac(text);
        if (!mac) fail(key, mac.error());
        if (mac) parsed.push_back(*mac);
    }
    return parsed;
}

ConfigReader ConfigReader::table(std::string_view key) {
    static const toml::table empty;
    const auto* const node = take(key);
    if (node != nullptr && !node->is_table()) fail(key, "must be a table");
    return {node != nullptr && node->is_table() ? *node->as_table() : empty, file_};
}

std::vector<ConfigReader> ConfigReader::tables(std::string_view key) {
    std::vector<ConfigReader> readers;
    const auto* const node = take(key);
    if (node == nullptr) return readers;
    const auto* const array = node->as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
        fail(key, fmt::format("must be written as [[{}]]", key));
        return readers;
    }
    for (const auto& element : *array) readers.emplace_back(*element.as_table(), file_);
    return readers;
}

std::expected<void, Error> ConfigReader::finish() const {
    if (error_) return std::unexpected(*error_);
    for (const auto& [key, value] : *table_)
        if (std::ranges::find(taken_, key.str()) == taken_.end())
            return std::unexpected(
                error_at(key.source(), fmt::format("{}: there is no such setting", key.str())));
    return {};
}

}  // namespace honeyswitch::agent
