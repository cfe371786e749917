// A configuration while it is put together from the file and the command line: its values are valid one by
// one, and each remembers where it was said.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "control/config.hpp"

namespace honeyswitch::control {

struct ConfigError {
    std::string place;   ///< "conf/honeyswitch.toml:12:9", "--workers", "conf/honeyswitch.toml"
    std::string reason;  ///< a clause that names the value and the rule it breaks

    [[nodiscard]] std::string message() const { return place + ": " + reason; }
};

struct ConfigDraft {
    Config config;
    std::string source = "command line";  ///< the file, if there is one
    /// Value → place. Values are named by their key, the elements of a list by their index: "dark[0]",
    /// "agent[1].name", "agent[1].grants[0]".
    std::map<std::string, std::string, std::less<>> places;

    /// Where `value` was said; the source as a whole if it was left to its default.
    [[nodiscard]] const std::string& place_of(std::string_view value) const {
        const auto found = places.find(value);
        return found == places.end() ? source : found->second;
    }
};

}  // namespace honeyswitch::control
