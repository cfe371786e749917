#include "control/config/record_reader.hpp"

#include <algorithm>
#include <cctype>

#include "base/duration.hpp"
#include "base/nearest_name.hpp"
#include "base/settings/toml_node.hpp"
#include "control/config/flow_text.hpp"

namespace honeyswitch::control {
namespace {

constexpr std::size_t longest_name = 32;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
    });
}

/// What may be written as a number or in quotes.
std::optional<std::string> text_or_number(const toml::node& node) {
    if (node.is_string()) return node.as_string()->get();
    if (node.is_integer()) return fmt::format("{}", node.as_integer()->get());
    return std::nullopt;
}

}  // namespace

RecordReader::RecordReader(ConfigDraft& draft, const toml::table& table, const Where& where)
    : draft_(draft),
      table_(table),
      kind_(where.kind),
      value_(fmt::format("[[{}]][{}]", where.kind, where.index)),
      title_(fmt::format("[[{}]]", where.kind)),
      folder_(where.folder) {
    note("", table.source());
}

void RecordReader::note(std::string_view what, const toml::source_region& place) {
    draft_.places.insert_or_assign(fmt::format("{}{}", value_, what), place_of(place));
}

void RecordReader::fail_at(const toml::source_region& place, const std::string& reason) {
    if (!error_) error_ = Complaint{place_of(place), fmt::format("{}: {}", title_, reason)};
}

void RecordReader::fail(std::string_view key, const std::string& reason) {
    const auto* const node = table_.get(key);
    fail_at(node == nullptr ? table_.source() : node->source(), reason);
}

std::expected<void, Complaint> RecordReader::result() const {
    if (error_) return std::unexpected(*error_);
    return {};
}

void RecordReader::only(std::initializer_list<std::string_view> keys) {
    const std::span known(keys.begin(), keys.size());
    for (const auto& [key, node] : table_)
        if (std::ranges::find(known, key.str()) == known.end())
            fail_at(key.source(),
                    fmt::format("unknown key '{}'{}", key.str(), suggest_name(key.str(), known)));
}

void RecordReader::require(std::string_view key, std::string_view example) {
    if (!table_.contains(key)) fail(key, fmt::format("{} is missing; write {}", key, example));
}

void RecordReader::refuse_beside(std::string_view key, std::string_view other, std::string_view why) {
    if (!table_.contains(key)) return;
    note(fmt::format(".{}", key), table_.get(key)->source());
    fail(key, fmt::format("{} has no place beside {}: {}", key, other, why));
}

void RecordReader::refuse_empty(std::string_view key) {
    const auto* const array = table_.get_as<toml::array>(key);
    if (array != nullptr && array->empty()) fail(key, fmt::format("{} is empty; leave it out for any", key));
}

const toml::node* RecordReader::take(std::string_view key) {
    const auto* const node = error_ ? nullptr : table_.get(key);
    if (node != nullptr) note(fmt::format(".{}", key), node->source());
    return node;
}

std::optional<std::string> RecordReader::text(std::string_view key) {
    const auto* const node = take(key);
    if (node == nullptr) return std::nullopt;
    if (node->is_string()) return node->as_string()->get();
    fail(key, fmt::format("{} must be a string, not {}", key, kind_of(*node)));
    return std::nullopt;
}

std::string RecordReader::name() {
    require("name", "name = \"NAME\"");
    const auto name = text("name");
    if (!name) return {};
    if (!is_name(*name))
        fail("name", fmt::format("'{}' is not a name: use 1 to {} letters, digits, '-', '_' or '.'", *name,
                                 longest_name));
    entitle(fmt::format("'{}'", *name));
    return *name;
}

std::filesystem::path RecordReader::path(std::string_view key) {
    const auto written = text(key);
    if (!written) return {};
    if (written->empty() || written->contains('\0'))
        fail(key, fmt::format("{}: a path cannot be empty", key));
    return folder_ / *written;
}

std::optional<std::int64_t> RecordReader::number_of(std::string_view key, std::int64_t least,
                                                    std::int64_t most) {
    const auto* const node = take(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_integer()) {
        fail(key, fmt::format("{} must be an integer, not {}", key, kind_of(*node)));
        return std::nullopt;
    }
    const auto number = node->as_integer()->get();
    if (number >= least && number <= most) return number;
    fail(key, fmt::format("{} '{}' is not an integer from {} to {}", key, number, least, most));
    return std::nullopt;
}

void RecordReader::duration(std::string_view key, Milliseconds& value, Milliseconds least,
                            Milliseconds most) {
    parsed(key, value, [&](std::string_view written) { return parse_duration(written, least, most); });
}

std::vector<const toml::node*> RecordReader::elements(std::string_view key) {
    std::vector<const toml::node*> found;
    const auto* const node = take(key);
    if (node == nullptr) return found;
    if (const auto* const array = node->as_array())
        for (const auto& element : *array) found.push_back(&element);
    else
        found.push_back(node);
    for (std::size_t i = 0; i < found.size(); ++i) note(fmt::format(".{}[{}]", key, i), found[i]->source());
    return found;
}

std::vector<Ipv4Prefix> RecordReader::prefixes(std::string_view key, std::string_view noun,
                                               decltype(parse_prefix)* parse) {
    std::vector<Ipv4Prefix> read;
    for (const auto* const element : elements(key)) {
        if (!element->is_string()) {
            fail_at(element->source(), fmt::format("{} must be a string, not {}", noun, kind_of(*element)));
            break;
        }
        const auto prefix = parse(element->as_string()->get());
        if (prefix)
            read.push_back(*prefix);
        else
            fail_at(element->source(), fmt::format("{} {}", noun, prefix.error()));
    }
    return read;
}

std::vector<PortRange> RecordReader::ports(std::string_view key) {
    std::vector<PortRange> read;
    for (const auto* const element : elements(key)) {
        const auto written = text_or_number(*element);
        if (!written) {
            fail_at(element->source(),
                    fmt::format("{} must be strings or integers, not {}", key, kind_of(*element)));
            break;
        }
        const auto range = parse_port_range(*written);
        if (range)
            read.push_back(*range);
        else
            fail_at(element->source(), fmt::format("{} {}", key, range.error()));
    }
    return read;
}

std::optional<std::uint8_t> RecordReader::protocol(std::string_view key) {
    const auto* const node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto written = text_or_number(*node);
    if (!written) {
        fail(key, fmt::format("{} must be a string or an integer, not {}", key, kind_of(*node)));
        return std::nullopt;
    }
    const auto number = parse_protocol(*written);
    if (number) return *number;
    fail(key, fmt::format("{} {}", key, number.error()));
    return std::nullopt;
}

void RecordReader::refer(std::string_view key, Reference::To to,
                         std::function<void(Config&, std::size_t)> set) {
    if (auto name = text(key))
        draft_.references.push_back(
            {to, std::move(*name), fmt::format("{}.{}", value_, key), title_, std::move(set)});
}

}  // namespace honeyswitch::control
