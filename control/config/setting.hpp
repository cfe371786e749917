// The table of settings: each is declared once, and serves the configuration file (TOML), the command line,
// the help text and the range check.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "control/config/config.hpp"

namespace honeyswitch::control {

struct Setting {
    enum class Kind : std::uint8_t {
        text,     ///< TOML string; one argument
        integer,  ///< TOML integer; one argument
        boolean,  ///< TOML boolean; a flag without argument
        list,     ///< TOML array of strings, or one string; an option that may be repeated
    };
    std::string_view table;  ///< of the file: "timeouts"
    std::string_view key;    ///< in that table, and with dashes the option: "idle_timeout", --idle-timeout
    std::string_view value;  ///< what help calls its argument: "DURATION"
    std::string help;        ///< one sentence, with the range
    Kind kind = Kind::text;
    /// Reads a value into the configuration; for a list, adds one. The error is the reason alone.
    std::function<std::expected<void, std::string>(Config&, std::string_view)> set;
    /// Empties a list. Null for the other kinds.
    std::function<void(Config&)> clear;
    /// The value, as `set` reads it, and the elements of a list with commas between; empty for what has not
    /// been said. Values that differ are shown differently.
    std::function<std::string(const Config&)> show;
    /// True if a running switch can take on another value (config_change.hpp).
    bool at_run_time = false;

    [[nodiscard]] std::string option() const;  ///< "--idle-timeout"
};

/// All settings, in the order of the help. Keys are unique over all tables.
[[nodiscard]] std::span<const Setting> settings();

}  // namespace honeyswitch::control
