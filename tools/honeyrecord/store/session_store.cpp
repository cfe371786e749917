#include "tools/honeyrecord/store/session_store.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "tools/honeyrecord/store/schema.hpp"

namespace honeyswitch::record {
namespace {

/// Rows that one turn takes out beyond those that came since the last one.
constexpr std::int64_t rows_of_a_turn = 20'000;

std::optional<std::int64_t> integer_of(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

/// Empty: there is none.
std::string_view text_of(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) return {};
    return found->get_ref<const std::string&>();
}

std::int64_t stage_of(const Json& body) {
    return stage_number(text_of(body, "step")).value_or(0);
}

/// What has no column of its own, as JSON. Empty: there is nothing else.
std::string more_of(const Json& body) {
    constexpr std::array<std::string_view, 24> columns{
        "timestamp",    "event_type",     "flow",      "flow_id",       "created_ms",     "src_ip",
        "src_port",     "dest_ip",        "dest_port", "proto",         "honeypot",       "reason",
        "step",         "duration_ms",    "idle_ms",   "pkts_toserver", "bytes_toserver", "pkts_toclient",
        "community_id", "bytes_toclient", "events",    "cause",         "diversion",      "start"};
    Json more = Json::object();
    for (const auto& [name, value] : body.items())
        if (std::ranges::find(columns, name) == columns.end()) more[name] = value;
    return more.empty() ? std::string() : more.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t microseconds(WallTime time) {
    return time.time_since_epoch().count();
}

/// When it began: what the event says, or else when it came.
WallTime begin_of(const Event& event) {
    return parse_time(text_of(event.body, "start")).value_or(event.time);
}

}  // namespace

struct SessionStore::Statements {
    Statement begin, step, end, late, address, event;

    static OfDatabase<Statements> prepare(Database& database);
};

OfDatabase<SessionStore::Statements> SessionStore::Statements::prepare(Database& database) {
    const std::string session_columns =
        "INSERT INTO "
        "session(id,flow_id,flow,src,src_port,dst,dst_port,proto,honeypot,reason,stage,community_id,"
        "more";
    const std::array<std::string, 6> texts{
        session_columns + ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
        "UPDATE session SET stage=max(stage,?2) WHERE flow_id=?1",
        "UPDATE session SET stage=max(stage,?2),ended=?3,end_reason=?4,duration_ms=?5,pkts_in=?6,bytes_in=?7,"
        "pkts_out=?8,bytes_out=?9,more=coalesce(?10,more) WHERE flow_id=?1",
        session_columns +
            ",ended,end_reason,duration_ms,pkts_in,bytes_in,pkts_out,bytes_out) "
            "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)",
        "INSERT INTO address VALUES(?1,?2,?3,?4)",
        "INSERT INTO event VALUES(?1,?2,?3)"};
    std::vector<Statement> prepared;
    for (const auto& text : texts) {
        auto statement = database.prepare(text);
        if (!statement) return std::unexpected(statement.error());
        prepared.push_back(std::move(*statement));
    }
    return Statements{std::move(prepared[0]), std::move(prepared[1]), std::move(prepared[2]),
                      std::move(prepared[3]), std::move(prepared[4]), std::move(prepared[5])};
}

SessionStore::SessionStore(StoreSettings settings, Database database, Statements statements)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      statements_(std::make_unique<Statements>(std::move(statements))) {}
SessionStore::SessionStore(SessionStore&&) noexcept = default;
SessionStore& SessionStore::operator=(SessionStore&&) noexcept = default;
SessionStore::~SessionStore() = default;

std::expected<SessionStore, std::string> SessionStore::open(StoreSettings settings) {
    auto database = open_for_writing(settings.file);
    if (!database) return std::unexpected(database.error());
    auto statements = Statements::prepare(*database);
    if (!statements) return std::unexpected(sentence_of(settings.file, statements.error()));
    return SessionStore(std::move(settings), std::move(*database), std::move(*statements));
}

void SessionStore::set(StoreSettings settings) {
    settings.file = settings_.file;
    settings_ = std::move(settings);
}

std::expected<void, std::string> SessionStore::write(std::span<const EventPointer> events, WallTime now) {
    if (events.empty()) return {};
    if (auto written = write_all(events, now); !written) {
        // Some errors have ended the transaction already. What the first one says is told.
        if (database_.in_transaction()) {
            [[maybe_unused]] const auto undone = database_.run("ROLLBACK");
        }
        lost_ += events.size();
        return std::unexpected(sentence_of(settings_.file, written.error()));
    }
    lost_ = 0;
    return {};
}

OfDatabase<void> SessionStore::write_all(std::span<const EventPointer> events, WallTime now) {
    if (auto begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun;
    if (lost_ != 0)
        if (auto noted = note(*gap_of(GapCause::unwritten, now, lost_)); !noted) return noted;
    for (const auto& event : events)
        if (auto added = add(*event); !added) return added;
    return database_.run("COMMIT");
}

OfDatabase<void> SessionStore::add(const Event& event) {
    if (const auto& session = event.session) {
        if (event.type == "session_begin") return begin(event, *session);
        if (event.type == "session_step") return step(event, *session);
        if (event.type == "session_end") return end(event, *session);
    }
    return note(event);
}

namespace {

/// What begin and late have in common: all but the times.
void bind_session(Statement& statement, const Event& event, const SessionPart& session,
                  std::string_view more) {
    statement.bind(2, session.flow_id)
        .bind(3, integer_of(event.body, "flow"))
        .bind(4, std::int64_t{session.source.value})
        .bind(5, session.source_port)
        .bind(6, std::int64_t{session.destination.value})
        .bind(7, session.destination_port)
        .bind(8, std::int64_t{session.protocol})
        .bind(9, text_of(event.body, "honeypot"))
        .bind(11, stage_of(event.body))
        .bind(12, std::string_view(session.community_id));
    if (more.empty())
        statement.bind_null(13);
    else
        statement.bind(13, more);
}

}  // namespace

OfDatabase<void> SessionStore::begin(const Event& event, const SessionPart& session) {
    const auto more = more_of(event.body);
    auto& statement = statements_->begin;
    bind_session(statement, event, session, more);
    statement.bind(10, text_of(event.body, "reason"));
    return insert(statement, begin_of(event), sessions_);
}

OfDatabase<void> SessionStore::step(const Event& event, const SessionPart& session) {
    return statements_->step.bind(1, session.flow_id).bind(2, stage_of(event.body)).run();
}

OfDatabase<void> SessionStore::end(const Event& event, const SessionPart& session) {
    const auto more = more_of(event.body);
    const auto& body = event.body;
    const auto counts = [&](Statement& statement, int place) -> Statement& {
        return statement.bind(place, microseconds(event.time))
            .bind(place + 1, text_of(body, "reason"))
            .bind(place + 2, integer_of(body, "duration_ms"))
            .bind(place + 3, integer_of(body, "pkts_toserver"))
            .bind(place + 4, integer_of(body, "bytes_toserver"))
            .bind(place + 5, integer_of(body, "pkts_toclient"))
            .bind(place + 6, integer_of(body, "bytes_toclient"));
    };
    auto& known = counts(statements_->end, 3).bind(1, session.flow_id).bind(2, stage_of(body));
    if (more.empty())
        known.bind_null(10);
    else
        known.bind(10, std::string_view(more));
    if (auto ended = known.run(); !ended) return ended;
    if (database_.changes() != 0) return {};
    auto& late = statements_->late;
    bind_session(late, event, session, more);
    const std::chrono::milliseconds ago(integer_of(body, "duration_ms").value_or(0) +
                                        integer_of(body, "idle_ms").value_or(0));
    counts(late, 14).bind(10, text_of(body, "diversion"));
    const bool told = body.contains("start");
    return insert(late, told ? begin_of(event) : event.time - ago, sessions_);
}

OfDatabase<void> SessionStore::note(const Event& event) {
    if (event.type == "address") {
        const auto address = parse_address(text_of(event.body, "address"));
        if (address)
            return insert(statements_->address.bind(2, std::int64_t{address->value})
                              .bind(3, text_of(event.body, "state"))
                              .bind(4, text_of(event.body, "voucher")),
                          event.time, addresses_);
    }
    const auto body = event.body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return insert(statements_->event.bind(2, std::string_view(event.type)).bind(3, std::string_view(body)),
                  event.time, events_);
}

OfDatabase<void> SessionStore::insert(Statement& statement, WallTime time, TableEnd& table) {
    constexpr std::int64_t second = 1'000'000;
    const auto wanted = microseconds(time);
    // Those of one moment follow each other; what is older has its own place among the rows.
    auto id = wanted <= table.last && table.last - wanted < second ? table.last + 1 : wanted;
    auto done = statement.bind(1, id).run();
    if (!done && done.error().code == SQLITE_CONSTRAINT) {
        auto free =
            database_.prepare(fmt::format("SELECT id+1 FROM {0} AS one WHERE id>=?1 AND NOT EXISTS "
                                          "(SELECT 1 FROM {0} WHERE id=one.id+1) ORDER BY id LIMIT 1",
                                          table.name));
        if (!free) return std::unexpected(free.error());
        if (const auto found = free->bind(1, id).step(); !found) return std::unexpected(found.error());
        id = free->integer(0);
        done = statement.bind(1, id).run();
    }
    if (!done) return done;
    table.last = std::max(table.last, id);
    ++inserted_;
    return {};
}

OfDatabase<std::uint64_t> SessionStore::used_bytes() {
    const auto pages = database_.number("PRAGMA page_count"),
               free = database_.number("PRAGMA freelist_count"), size = database_.number("PRAGMA page_size");
    if (!pages) return std::unexpected(pages.error());
    if (!free) return std::unexpected(free.error());
    if (!size) return std::unexpected(size.error());
    return static_cast<std::uint64_t>((*pages - *free) * *size);
}

OfDatabase<std::int64_t> SessionStore::remove(std::string_view table, std::int64_t before) {
    auto statement = database_.prepare(fmt::format(
        "DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE id<?1 ORDER BY id LIMIT ?2)", table));
    if (!statement) return std::unexpected(statement.error());
    if (auto done = statement->bind(1, before).bind(2, rows_of_a_turn + 2 * inserted_).run(); !done)
        return std::unexpected(done.error());
    return database_.changes();
}

std::expected<void, std::string> SessionStore::tick(WallTime now) {
    const auto refuse = [&](const DatabaseError& error) {
        return std::unexpected(sentence_of(settings_.file, error));
    };
    const auto oldest = microseconds(now - settings_.most_age);
    for (const auto* const table : {"session", "address", "event"})
        if (auto removed = remove(table, oldest); !removed) return refuse(removed.error());
    const auto used = used_bytes();
    if (!used) return refuse(used.error());
    if (*used <= settings_.most_bytes) {
        inserted_ = 0;
        return {};
    }
    for (const auto* const table : {"session", "address", "event"}) {
        const auto removed = remove(table, std::numeric_limits<std::int64_t>::max());
        if (!removed) return refuse(removed.error());
        // Sessions are what fills it; the rest goes when there are none.
        if (*removed != 0) break;
    }
    inserted_ = 0;
    return {};
}

}  // namespace honeyswitch::record
