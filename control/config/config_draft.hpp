// A configuration while it is put together from the file and the command line: its values are valid one by
// one, and each remembers where it was said.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

struct ConfigError {
    std::string place;   ///< "conf/honeyswitch.toml:12:9", "--workers", "conf/honeyswitch.toml"
    std::string reason;  ///< a clause that names the value and the rule it breaks

    [[nodiscard]] std::string message() const { return place + ": " + reason; }
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
