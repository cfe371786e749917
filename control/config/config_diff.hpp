// What differs between two configurations, in the words of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// Of a setting, or of a record. Never of an agent's key: that it is another one is all that is said of it.
struct ConfigDifference {
    enum class Change : std::uint8_t { added, removed, changed };
    std::string
        what;  ///< "[timeouts] idle_timeout", "[[honeypot]] 'a' weight"; of a whole record without key
    Change change = Change::changed;
    std::string before{}, after{};  ///< empty: there was or will be none
    bool restart = false;           ///< a running switch cannot take it on

    friend bool operator==(const ConfigDifference&, const ConfigDifference&) = default;
};
/// "added", "removed", "changed"
[[nodiscard]] std::string_view name_of(ConfigDifference::Change change);
/// "[timeouts] idle_timeout: 60s to 90s"
[[nodiscard]] std::string to_string(const ConfigDifference& difference);

/// Settings in the order of the help, then records by their names. Of settings that are lists: the elements
/// that come or go, the first few of them by name.
[[nodiscard]] std::vector<ConfigDifference> differences(const Config& before, const Config& after);

}  // namespace honeyswitch::control
