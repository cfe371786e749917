// Reads one table of those that may be repeated in the configuration file.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/choice.hpp"
#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

/// Each function takes a key and leaves its value as it is if the key is not there. The first error stays,
/// and nothing is read after it; the place of every key is noted in the draft.
class RecordReader {
  public:
    struct Where {
        std::string_view kind;         ///< "agent"
        std::size_t index = 0;         ///< among those of its kind
        std::filesystem::path folder;  ///< of the file: its paths are relative to it
    };
    RecordReader(ConfigDraft& draft, const toml::table& table, const Where& where);

    /// Refuses every other key. Comes first: a key that is misspelt should not be called missing.
    void only(std::initializer_list<std::string_view> keys);
    /// `example` is how to write it: "name = \"NAME\"".
    void require(std::string_view key, std::string_view example);
    /// Where `other` is written, `key` has no place. `why`: half a sentence.
    void refuse_beside(std::string_view key, std::string_view other, std::string_view why);
    /// An empty array would stand for any, and whoever writes one means none.
    void refuse_empty(std::string_view key);

    /// The key "name", which is required, and names the record in messages.
    [[nodiscard]] std::string name();
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::filesystem::path path(std::string_view key);
    /// A prefix or an array of them, each as `parse` reads it. Messages call one a `noun`.
    [[nodiscard]] std::vector<Ipv4Prefix> prefixes(std::string_view key, std::string_view noun,
                                                   decltype(parse_prefix)* parse);
    /// A port, a range, or an array of these.
    [[nodiscard]] std::vector<PortRange> ports(std::string_view key);
    [[nodiscard]] std::optional<std::uint8_t> protocol(std::string_view key);
    void duration(std::string_view key, Milliseconds& value, Milliseconds least, Milliseconds most);

    template <std::unsigned_integral T>
    void integer(std::string_view key, T& value, T least, T most) {
        if (const auto number = number_of(key, least, most)) value = static_cast<T>(*number);
    }
    template <std::unsigned_integral T>
    void integer(std::string_view key, std::optional<T>& value, std::type_identity_t<T> least,
                 std::type_identity_t<T> most) {
        if (const auto number = number_of(key, least, most)) value = static_cast<T>(*number);
    }
    /// Whatever `parse` reads: std::expected<T, std::string>(std::string_view).
    template <typename T, typename Parse>
    void parsed(std::string_view key, T& value, Parse parse) {
        const auto written = text(key);
        if (!written) return;
        auto result = parse(*written);
        if (result)
            value = std::move(*result);
        else
            fail(key, fmt::format("{} {}", key, result.error()));
    }
    template <typename T>
    void choice(std::string_view key, T& value, const std::type_identity_t<Choices<T>>& choices) {
        parsed(key, value, [&](std::string_view written) { return parse_choice(written, choices); });
    }
    /// The name of something that may be declared later; `set` is told its index when all is read.
    void refer(std::string_view key, Reference::To to, std::function<void(Config&, std::size_t)> set);

    /// What messages call a record that has no name of its own.
    void entitle(std::string_view title) { title_ = fmt::format("[[{}]] {}", kind_, title); }
    void fail(std::string_view key, const std::string& reason);
    [[nodiscard]] std::expected<void, Complaint> result() const;

  private:
    [[nodiscard]] const toml::node* take(std::string_view key);
    /// The value itself, or the elements of the array that it is.
    [[nodiscard]] std::vector<const toml::node*> elements(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> number_of(std::string_view key, std::int64_t least,
                                                        std::int64_t most);
    void fail_at(const toml::source_region& place, const std::string& reason);
    void note(std::string_view what, const toml::source_region& place);

    ConfigDraft& draft_;
    const toml::table& table_;
    std::string kind_;
    std::string value_;  ///< "[[agent]][2]"
    std::string title_;  ///< "[[agent]] 'east'", or "[[agent]]" while the name is not known
    std::filesystem::path folder_;
    std::optional<Complaint> error_;
};

}  // namespace honeyswitch::control
