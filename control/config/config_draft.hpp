// A configuration while it is put together from the file and the command line: its values are valid one by
// one, and each remembers where it was said.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

struct ConfigError {
    std::string place;   ///< "conf/honeyswitch.toml:12:9", "--workers", "conf/honeyswitch.toml"
    std::string reason;  ///< a clause that names the value and the rule it breaks
    std::vector<ConfigError> others{};  ///< what else was found; they have no others themselves

    /// One sentence for each; of very many the first, and how many there are besides.
    [[nodiscard]] std::vector<std::string> sentences() const;
    /// The same, each on a line of its own.
    [[nodiscard]] std::string message() const;
};

/// Errors that do not keep the rest from being looked at.
class ConfigErrors {
  public:
    void add(ConfigError error) {
        auto others = std::exchange(error.others, {});
        found_.push_back(std::move(error));
        for (ConfigError& other : others) found_.push_back(std::move(other));
    }
    template <typename T>
    void add(const std::expected<T, ConfigError>& result) {
        if (!result) add(result.error());
    }
    [[nodiscard]] bool empty() const { return found_.empty(); }

    /// All of them as one, in the order in which they were found.
    [[nodiscard]] std::expected<void, ConfigError> result() const;
    /// The same, in the order of the file: by line and column, at the end of their places.
    [[nodiscard]] std::expected<void, ConfigError> in_order_of_lines();

  private:
    std::vector<ConfigError> found_;
};

/// A name in a record that stands for something declared elsewhere, perhaps later or on the command line.
struct Reference {
    enum class To : std::uint8_t { pool, list, honeypot_port };
    To to = To::pool;
    std::string name;                               ///< as written
    std::string value;                              ///< whose name it is: "[[rule]][1].pool"
    std::string title;                              ///< of its record, for messages: "[[rule]] 'ssh'"
    std::function<void(Config&, std::size_t)> set;  ///< is told the index of what it stands for
};

struct ConfigDraft {
    Config config;
    std::string source = "command line";  ///< the file, if there is one
    /// Value → place. Values are named by their key, the elements of a list by their index: "dark[0]". Those
    /// of a record: "[[agent]][1].name", "[[agent]][1].grants[0]", and "[[agent]][1]" for the record as a
    /// whole.
    std::map<std::string, std::string, std::less<>> places;
    std::vector<Reference> references;  ///< not yet resolved: the index in the record is not valid

    /// Where `value` was said; the source as a whole if it was left to its default.
    [[nodiscard]] const std::string& place_of(std::string_view value) const {
        const auto found = places.find(value);
        return found == places.end() ? source : found->second;
    }
};

}  // namespace honeyswitch::control
