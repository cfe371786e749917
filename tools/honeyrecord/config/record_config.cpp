#include "tools/honeyrecord/config/record_config.hpp"

#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/settings/setting_file.hpp"
#include "base/settings/setting_kinds.hpp"
#include "base/settings/toml_document.hpp"
#include "base/settings/toml_node.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;
using Make = SettingKinds<RecordConfig>;

constexpr Milliseconds longest = 24h * 3660;  // ten years

/// Empty: there is no such output.
std::expected<std::filesystem::path, std::string> any_path(std::string_view text) {
    return std::filesystem::path(text);
}

std::string as_string(const std::filesystem::path& path) {
    return path.string();
}

std::vector<SettingOf<RecordConfig>> settings_of_lines() {
    return {
        Make::text({"lines", "file", "PATH", "JSON Lines with the names of Suricata's EVE; empty: none"},
                   &RecordConfig::lines_file, any_path, as_string),
        at_run_time(Make::integer({"lines", "megabytes", "N", "A file that is so long is rotated"},
                                  &RecordConfig::lines_megabytes, 1, 1'000'000)),
        at_run_time(Make::duration({"lines", "age", "DURATION", "A file that is so old is rotated"},
                                   &RecordConfig::lines_age, 1min, longest)),
        at_run_time(Make::integer({"lines", "keep", "N", "Rotated files that are kept"},
                                  &RecordConfig::lines_kept, 1, 100'000)),
        Make::boolean({"lines", "chain", "", "Each line has the hash of the line before it"},
                      &RecordConfig::lines_chain),
    };
}

std::vector<SettingOf<RecordConfig>> settings_of_store() {
    return {
        Make::text({"store", "file", "PATH", "The store that honeyctl asks (SQLite); empty: none"},
                   &RecordConfig::store_file, any_path, as_string),
        at_run_time(Make::duration({"store", "age", "DURATION", "What is older is taken out"},
                                   &RecordConfig::store_age, 1h, longest)),
        at_run_time(Make::integer({"store", "megabytes", "N", "The oldest go when it would take more"},
                                  &RecordConfig::store_megabytes, 10, 10'000'000)),
    };
}

std::vector<SettingOf<RecordConfig>> settings_of_feed() {
    constexpr auto text_of = [](const auto& value) { return to_string(value); };
    return {
        Make::text({"feed", "file", "PATH", "Sources for a firewall to block; empty: none is written"},
                   &RecordConfig::feed_file, any_path, as_string),
        at_run_time(Make::choice(
            {"feed", "format", "", "How it is written"}, &RecordConfig::feed_format,
            {{"plain", FeedFormat::plain}, {"ipset", FeedFormat::ipset}, {"nft", FeedFormat::nft}})),
        at_run_time(Make::choice({"feed", "stage", "", "How far a session must have come to count"},
                                 &RecordConfig::feed_with_data, {{"handshake", false}, {"payload", true}})),
        at_run_time(Make::integer({"feed", "sessions", "N", "So many of them make a source listed"},
                                  &RecordConfig::feed_sessions, 1, 1'000)),
        at_run_time(Make::integer({"feed", "addresses", "N", "To so many addresses of the campus"},
                                  &RecordConfig::feed_addresses, 1, 1'000)),
        at_run_time(
            Make::duration({"feed", "lifetime", "DURATION", "It is listed for so long after the last"},
                           &RecordConfig::feed_lifetime, 1min, longest)),
        at_run_time(Make::list({"feed", "never", "PREFIX", "An address or a prefix that is never listed"},
                               &RecordConfig::feed_never, parse_address_or_prefix, text_of)),
    };
}

std::vector<SettingOf<RecordConfig>> all_settings() {
    std::vector<SettingOf<RecordConfig>> all{
        Make::text({"", "socket", "PATH", "The switch's control socket"}, &RecordConfig::socket,
                   parse_socket_path, as_string),
        Make::integer({"", "queue", "N", "Events that may wait for each output; what comes beyond is a gap"},
                      &RecordConfig::queue, 1'000, 10'000'000),
        at_run_time(
            Make::choice({"", "log_level", "", "The least grave that is logged"}, &RecordConfig::log_level,
                         {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}})),
    };
    for (auto group : {settings_of_lines(), settings_of_store(), settings_of_feed()})
        for (auto& setting : group) all.push_back(std::move(setting));
    for (auto& setting : all) setting.table_in_option = true;
    return all;
}

/// Paths are relative to the folder of the file, wherever the program is started.
void resolve_paths(RecordConfig& config, const std::filesystem::path& folder) {
    for (auto* const path : {&config.socket, &config.lines_file, &config.store_file, &config.feed_file})
        if (!path->empty()) *path = folder / *path;
}

std::expected<RecordDraft, Complaint> draft_of(const toml::table& document,
                                               const std::filesystem::path& path) {
    RecordDraft draft;
    draft.source = path.string();
    Complaints complaints;
    SettingFile(draft, complaints).read(document, bind_settings(record_settings(), draft.config));
    if (auto read = complaints.in_order_of_lines(); !read) return std::unexpected(read.error());
    in_order_of_lines(draft.warnings);
    resolve_paths(draft.config, path.parent_path());
    return draft;
}

}  // namespace

std::span<const SettingOf<RecordConfig>> record_settings() {
    static const auto all = all_settings();
    return all;
}

std::expected<RecordDraft, Complaint> read_config(const std::filesystem::path& path) {
    const auto document = read_document(path);
    if (!document) return std::unexpected(document.error());
    return draft_of(*document, path);
}

std::expected<void, Complaint> check_config(const RecordDraft& draft) {
    Complaints complaints;
    const auto& config = draft.config;
    if (config.lines_file.empty() && config.store_file.empty() && config.feed_file.empty())
        complaints.add(
            {draft.source, "nothing would be written: set [lines] file, [store] file or [feed] file"});
    if (!config.lines_file.empty() && config.lines_file == config.store_file)
        complaints.add({draft.source, "[lines] file and [store] file are the same"});
    return complaints.result();
}

}  // namespace honeyswitch::record
