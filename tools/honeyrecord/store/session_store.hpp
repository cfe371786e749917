// Writes sessions, addresses and rare events into the store, a transaction for many.
//
// A session is a row from its begin on; its end fills in what was counted. Of a session whose begin was
// missed the end makes the row.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "tools/honeyrecord/event/event.hpp"
#include "tools/honeyrecord/store/database.hpp"

namespace honeyswitch::record {

struct StoreSettings {
    std::filesystem::path file{};
    Milliseconds most_age{90LL * 86'400'000};
    std::uint64_t most_bytes = 10'000'000'000;
};

/// One thread's. Errors are sentences.
class SessionStore {
  public:
    [[nodiscard]] static std::expected<SessionStore, std::string> open(StoreSettings settings);
    SessionStore(SessionStore&&) noexcept;
    SessionStore& operator=(SessionStore&&) noexcept;
    SessionStore(const SessionStore&) = delete;
    SessionStore& operator=(const SessionStore&) = delete;
    ~SessionStore();

    /// Writes all of them, or none: then they are counted, and a gap in `event` says so once it can be
    /// written again.
    std::expected<void, std::string> write(std::span<const EventPointer> events, WallTime now);
    /// Takes out some of what is too old or too much. Call it about once a second.
    std::expected<void, std::string> tick(WallTime now);
    /// The path stays what it is.
    void set(StoreSettings settings);

    [[nodiscard]] std::uint64_t lost() const { return lost_; }

  private:
    struct Statements;
    struct TableEnd {
        std::string_view name;
        std::int64_t last = 0;  ///< the greatest name of a row that was written here
    };
    SessionStore(StoreSettings settings, Database database, Statements statements);

    [[nodiscard]] OfDatabase<void> write_all(std::span<const EventPointer> events, WallTime now);
    [[nodiscard]] OfDatabase<void> add(const Event& event);
    [[nodiscard]] OfDatabase<void> begin(const Event& event, const SessionPart& session);
    [[nodiscard]] OfDatabase<void> step(const Event& event, const SessionPart& session);
    [[nodiscard]] OfDatabase<void> end(const Event& event, const SessionPart& session);
    [[nodiscard]] OfDatabase<void> note(const Event& event);
    /// A row whose name is the time, or the next microsecond that is free.
    [[nodiscard]] OfDatabase<void> insert(Statement& statement, WallTime time, TableEnd& table);
    /// Takes out the oldest of a table, as many as one turn may. `before`: of those that began earlier.
    [[nodiscard]] OfDatabase<std::int64_t> remove(std::string_view table, std::int64_t before);
    [[nodiscard]] OfDatabase<std::uint64_t> used_bytes();

    StoreSettings settings_;
    Database database_;
    std::unique_ptr<Statements> statements_;
    std::uint64_t lost_ = 0;
    TableEnd sessions_{"session"}, addresses_{"address"}, events_{"event"};
    std::int64_t inserted_ = 0;  ///< rows since the latest tick
};

}  // namespace honeyswitch::record
