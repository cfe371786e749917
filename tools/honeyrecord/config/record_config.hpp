// What honeyrecord is told: where the switch is, and what is written where.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/settings/setting.hpp"
#include "tools/honeyrecord/feed/block_feed.hpp"

namespace honeyswitch::record {

struct RecordConfig {
    std::filesystem::path socket = "/run/honeyswitch/control.sock";
    std::string log_level = "info";
    std::uint32_t queue = 65'536;  ///< events that wait for one output

    std::filesystem::path lines_file = "/var/log/honeyrecord/events.jsonl";  ///< empty: none is written
    std::uint32_t lines_megabytes = 100;
    Milliseconds lines_age = std::chrono::hours(24);
    std::uint32_t lines_kept = 30;
    bool lines_chain = true;

    std::filesystem::path store_file = "/var/lib/honeyrecord/sessions.db";  ///< empty: there is none
    Milliseconds store_age = std::chrono::hours(90 * 24);
    std::uint32_t store_megabytes = 10'000;

    std::filesystem::path feed_file{};  ///< empty: none is written
    FeedFormat feed_format = FeedFormat::plain;
    bool feed_with_data = false;  ///< a handshake alone is not enough
    std::uint32_t feed_sessions = 1, feed_addresses = 1;
    Milliseconds feed_lifetime = std::chrono::hours(24);
    std::vector<Ipv4Prefix> feed_never{};
};

/// Keys of the file; with the table before the key, options: [lines] file is --lines-file.
[[nodiscard]] std::span<const SettingOf<RecordConfig>> record_settings();

struct RecordDraft : Provenance {
    RecordConfig config;
    std::string source = "command line";  ///< the file, if there is one
};

/// Reads a file (TOML; conf/honeyrecord.toml explains every setting) on top of the defaults. All that is
/// wrong is told, each with FILE:LINE:COLUMN. Relative paths are relative to its folder.
[[nodiscard]] std::expected<RecordDraft, Complaint> read_config(const std::filesystem::path& path);

/// What is wrong between one value and another.
[[nodiscard]] std::expected<void, Complaint> check_config(const RecordDraft& draft);

}  // namespace honeyswitch::record
