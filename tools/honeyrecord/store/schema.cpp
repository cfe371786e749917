#include "tools/honeyrecord/store/schema.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

namespace honeyswitch::record {
namespace {

/// A row of `session` is called by its begin in microseconds since 1970, counted up where two are equal: the
/// newest are at the table's end, and a time is a range of rows. So are they within each index.
constexpr std::string_view tables = R"(
CREATE TABLE session(
    id INTEGER PRIMARY KEY, flow_id INTEGER NOT NULL, flow INTEGER,
    src INTEGER NOT NULL, src_port INTEGER, dst INTEGER NOT NULL, dst_port INTEGER, proto INTEGER NOT NULL,
    honeypot TEXT, reason TEXT, stage INTEGER NOT NULL, ended INTEGER, end_reason TEXT, duration_ms INTEGER,
    pkts_in INTEGER, bytes_in INTEGER, pkts_out INTEGER, bytes_out INTEGER, community_id TEXT, more TEXT);
CREATE INDEX session_flow_id ON session(flow_id);
CREATE INDEX session_src ON session(src);
CREATE INDEX session_dst ON session(dst);
CREATE TABLE address(id INTEGER PRIMARY KEY, address INTEGER NOT NULL, state TEXT NOT NULL, voucher TEXT);
CREATE INDEX address_address ON address(address);
CREATE TABLE event(id INTEGER PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL);
)";

std::expected<void, std::string> check(Database& database, const std::filesystem::path& path) {
    const auto mark = database.number("PRAGMA application_id"),
               version = database.number("PRAGMA user_version");
    if (!mark) return std::unexpected(sentence_of(path, mark.error()));
    if (!version) return std::unexpected(sentence_of(path, version.error()));
    if (*mark != store_mark)
        return std::unexpected(fmt::format("{} is a database, but no store of honeyrecord", path.string()));
    if (*version > store_version)
        return std::unexpected(fmt::format(
            "the store {} is of version {}, and this program knows none beyond {}: it was written by a newer "
            "honeyrecord",
            path.string(), *version, store_version));
    return {};
}

OfDatabase<bool> is_empty(Database& database) {
    const auto tables_there = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables_there) return std::unexpected(tables_there.error());
    return *tables_there == 0;
}

OfDatabase<void> make(Database& database) {
    return database.run(
        fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id={}; PRAGMA user_version={}; COMMIT", tables,
                    store_mark, store_version));
}

/// The log is written back at 16 MB instead of 4: a batch is large.
constexpr const char* settings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA "
    "wal_autocheckpoint=4000";

std::expected<Database, std::string> open_reader(const std::filesystem::path& path, Database::Access access) {
    auto database = Database::open(path, access);
    if (!database) return std::unexpected(sentence_of(path, database.error()));
    if (auto checked = check(*database, path); !checked) return std::unexpected(checked.error());
    return std::move(*database);
}

}  // namespace

std::optional<std::int64_t> stage_number(std::string_view name) {
    const auto* const place = std::ranges::find(stages, name);
    if (place == stages.end()) return std::nullopt;
    return place - stages.begin();
}

std::string sentence_of(const std::filesystem::path& path, const DatabaseError& error) {
    switch (error.code) {
        case SQLITE_NOTADB:
            return fmt::format("{} is no store of honeyrecord: it is no SQLite database", path.string());
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fmt::format("the store {} is locked by another process", path.string());
        case SQLITE_CORRUPT:
            return fmt::format("the store {} is damaged: {}", path.string(), error.reason);
        default:
            return fmt::format("the store {} cannot be used: {}", path.string(), error.reason);
    }
}

std::expected<Database, std::string> open_for_writing(const std::filesystem::path& path) {
    auto database = Database::open(path, Database::Access::write);
    const auto refuse = [&](const DatabaseError& error) { return std::unexpected(sentence_of(path, error)); };
    if (!database) return refuse(database.error());
    const auto empty = is_empty(*database);
    if (!empty) return refuse(empty.error());
    if (*empty)
        if (auto made = make(*database); !made) return refuse(made.error());
    if (auto checked = check(*database, path); !checked) return std::unexpected(checked.error());
    if (auto set = database->run(settings); !set) return refuse(set.error());
    return std::move(*database);
}

std::expected<Database, std::string> open_for_reading(const std::filesystem::path& path) {
    if (access(path.c_str(), R_OK) != 0)
        return std::unexpected(
            fmt::format("the store {} cannot be read: {}", path.string(), std::strerror(errno)));
    auto database = open_reader(path, Database::Access::read);
    if (database) return database;
    // Who may not write beside the store cannot join its log. While there is none, nobody writes to it.
    std::error_code ignored;
    const auto log = path.string() + "-wal";
    if (!std::filesystem::exists(log, ignored) && access(path.parent_path().c_str(), W_OK) != 0)
        return open_reader(path, Database::Access::frozen);
    return database;
}

}  // namespace honeyswitch::record
