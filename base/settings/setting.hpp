// A table of settings: each is declared once, and serves the configuration file (TOML), the command line, the
// help text and the range check. Both daemons have one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/complaint.hpp"

namespace honeyswitch {

/// The error is the reason alone; the caller knows the place.
using SetResult = std::expected<void, std::string>;

/// What a setting was called in the file before it had its name. The table is empty for a key at the top.
struct FormerKey {
    std::string_view table, key;
};

/// What is known of a setting without a configuration at hand.
struct SettingInfo {
    enum class Kind : std::uint8_t {
        text,     ///< TOML string; one argument
        integer,  ///< TOML integer; one argument
        boolean,  ///< TOML boolean; a flag without argument
        list,     ///< TOML array of strings, or one string; an option that may be repeated
    };
    std::string_view table;  ///< of the file: "timeouts"; empty for a key at the top
    std::string_view key;    ///< in that table, and with dashes the option: "idle_timeout", --idle-timeout
    std::string value;  ///< what help calls its argument: "DURATION"; of a choice its words: "auto|handshake"
    std::string help;   ///< one sentence, with the range
    Kind kind = Kind::text;
    /// True if a running switch can take on another value (config_change.hpp).
    bool at_run_time = false;
    /// The option has the table's name before the key's: [domain.sweep] rate is --sweep-rate.
    bool table_in_option = false;
    /// Still understood, with a warning that says the name of today.
    std::vector<FormerKey> former_keys;
    std::vector<std::string> former_options;  ///< likewise: "--hold"
    /// How a value that was written otherwise before is written today; nothing for a value of today. May be
    /// null.
    std::function<std::optional<std::string>(std::string_view)> renewed;

    /// "idle_timeout", or "sweep.rate" where the table is a part of the name.
    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::string option() const;  ///< "--idle-timeout", "--sweep-rate"
};

/// A setting of an object that holds all of them.
template <typename Options>
struct SettingOf : SettingInfo {
    /// Reads a value; for a list, adds one.
    std::function<SetResult(Options&, std::string_view)> set;
    /// Empties a list. Null for the other kinds.
    std::function<void(Options&)> clear;
    /// The value, as `set` reads it, and the elements of a list with commas between; empty for what has not
    /// been said. Values that differ are shown differently.
    std::function<std::string(const Options&)> show;
};

/// A setting of one certain object.
struct BoundSetting {
    const SettingInfo* info = nullptr;
    std::function<SetResult(std::string_view)> set;
    std::function<void()> clear;
    std::function<std::string()> show;
};

/// The settings of `options`, which must outlive them, as must the table.
template <typename Options>
[[nodiscard]] std::vector<BoundSetting> bind_settings(std::span<const SettingOf<Options>> settings,
                                                      Options& options) {
    std::vector<BoundSetting> bound;
    bound.reserve(settings.size());
    for (const auto& setting : settings)
        bound.push_back({&setting, [&](std::string_view text) { return setting.set(options, text); },
                         [&] { setting.clear(options); }, [&] { return setting.show(options); }});
    return bound;
}

/// Where each value of a configuration was said, and what of it was said in words that have changed since.
struct Provenance {
    /// Value → place. Values are named by their key, the elements of a list by their index: "dark[0]". Those
    /// of a record: "[[agent]][1].name", "[[agent]][1].grants[0]", and "[[agent]][1]" for the record as a
    /// whole.
    std::map<std::string, std::string, std::less<>> places;
    std::vector<Complaint> warnings;
};

/// A path that is not empty. The error is the reason alone.
[[nodiscard]] std::expected<std::filesystem::path, std::string> parse_path(std::string_view text);
/// The same for a Unix socket, whose path has a greatest length (unix(7)).
[[nodiscard]] std::expected<std::filesystem::path, std::string> parse_socket_path(std::string_view text);

/// "x.toml:3:14: [process] idle_sleep: '50' is now written '50us'", and what is set: the value of today.
[[nodiscard]] std::string renewed_value(const SettingInfo& setting, std::string_view text,
                                        const std::string& place, std::string_view title,
                                        std::vector<Complaint>& warnings);

}  // namespace honeyswitch
