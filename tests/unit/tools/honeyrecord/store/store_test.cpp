// The store: what is written, what is asked, what is taken out, and files that are no stores.
#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tests/unit/tools/honeyrecord/events.hpp"
#include "tools/honeyrecord/store/schema.hpp"
#include "tools/honeyrecord/store/session_store.hpp"
#include "tools/honeyrecord/store/store_queries.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

Ipv4Prefix prefix(const char* text) {
    return parse_address_or_prefix(text).value();
}

class Store : public testing::Test {
  protected:
    SessionStore open(StoreSettings settings = {}) const {
        settings.file = path;
        auto store = SessionStore::open(std::move(settings));
        EXPECT_TRUE(store) << store.error();
        return std::move(*store);
    }
    /// Written with one call.
    void write(SessionStore& store, const std::vector<EventPointer>& events) const {
        const auto written = store.write(events, moment());
        EXPECT_TRUE(written) << written.error();
    }
    Database reader() const {
        auto database = open_for_reading(path);
        EXPECT_TRUE(database) << database.error();
        return std::move(*database);
    }
    std::vector<Json> sessions(const SessionFilter& filter = {}) const {
        auto database = reader();
        auto rows = find_sessions(database, filter);
        EXPECT_TRUE(rows) << rows.error().reason;
        return *rows;
    }
    std::int64_t number(const char* query) const {
        auto database = reader();
        return database.number(query).value();
    }

    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "sessions.db";
};

TEST_F(Store, ASessionIsARowFromItsBeginToItsEnd) {
    auto store = open();
    write(store, {begin_event(17, 0)});
    auto rows = sessions();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(rows[0]["end"].is_null());
    EXPECT_EQ(rows[0]["stage"], "first_packet");
    EXPECT_EQ(rows[0]["more"]["domain"], "10.1.0.0/16");
    write(store, {session_event("session_step", 17, 10, R"(,"step":"handshake")")});
    EXPECT_EQ(sessions()[0]["stage"], "handshake");
    write(store, {end_event(17, 61'500)});
    rows = sessions();
    ASSERT_EQ(rows.size(), 1U);
    const auto& row = rows[0];
    EXPECT_EQ(row["begin"], "2026-11-27T03:40:00.000000+0000");
    EXPECT_EQ(row["end"], "2026-11-27T03:41:01.500000+0000");
    EXPECT_EQ(row["stage"], "payload");
    EXPECT_EQ(row["reason"], "dark");
    EXPECT_EQ(row["end_reason"], "idle");
    EXPECT_EQ(row["bytes_toserver"], 400);
    EXPECT_EQ(row["src_ip"], "198.51.100.17");
    EXPECT_EQ(row["community_id"], end_event(17, 0)->session->community_id);
    EXPECT_EQ(row["more"]["domain"], "10.1.0.0/16") << "of the begin, as the end says nothing of it";
}

TEST_F(Store, OfASessionWhoseBeginWasMissedTheEndMakesTheRow) {
    auto store = open();
    write(store, {end_event(17, 61'500)});
    auto rows = sessions();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["begin"], "2026-11-27T03:40:00.000000+0000");
    EXPECT_EQ(rows[0]["duration_ms"], 1500);
    EXPECT_EQ(rows[0]["reason"], "");
}

TEST_F(Store, WhatTheEndSaysOfTheBeginCounts) {
    auto store = open();
    write(store, {session_event("session_end", 17, 61'500,
                                R"(,"start":"2026-11-27T03:39:58.000Z","diversion":"list","ttl":54)")});
    auto rows = sessions();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["begin"], "2026-11-27T03:39:58.000000+0000");
    EXPECT_EQ(rows[0]["reason"], "list");
    EXPECT_EQ(rows[0]["more"].dump(), R"({"ttl":54})");
}

TEST_F(Store, ManyOfOneMomentAreAllThere) {
    auto store = open();
    std::vector<EventPointer> events;
    for (unsigned i = 0; i < 3000; ++i) events.push_back(begin_event(i, 0));
    events.push_back(begin_event(9000, 1000));
    for (unsigned i = 3000; i < 3010; ++i) events.push_back(begin_event(i, 0));
    write(store, events);
    EXPECT_EQ(number("SELECT count(*) FROM session"), 3011);
}

TEST_F(Store, SessionsAreFoundByWhatIsAsked) {
    auto store = open();
    write(store, {begin_event(1, 0), end_event(1, 10, "payload", 10), begin_event(2, 100),
                  end_event(2, 110, "handshake", 5000), begin_event(3, 200),
                  session_event("session_begin", 4, 300, "", 443, "10.9.9.9")});
    const auto flows = [&](const SessionFilter& filter) {
        std::vector<int> found;
        for (const auto& row : sessions(filter)) found.push_back(row["flow"].get<int>());
        return found;
    };
    using Flows = std::vector<int>;
    EXPECT_EQ(flows({}), (Flows{4, 3, 2, 1}));
    EXPECT_EQ(flows({.since = moment(100)}), (Flows{4, 3, 2}));
    EXPECT_EQ(flows({.source = prefix("198.51.100.2")}), (Flows{2}));
    EXPECT_EQ(flows({.source = prefix("198.51.100.2/31")}), (Flows{3, 2}));
    EXPECT_EQ(flows({.destination = prefix("10.9.0.0/16")}), (Flows{4}));
    EXPECT_EQ(flows({.port = 443}), (Flows{4}));
    EXPECT_EQ(flows({.least_stage = 2}), (Flows{2, 1}));
    EXPECT_EQ(flows({.least_stage = 3}), (Flows{1}));
    EXPECT_EQ(flows({.order = SessionOrder::bytes, .limit = 2}), (Flows{2, 1}));
    auto database = reader();
    const auto named = std::to_string(begin_event(2, 0)->session->flow_id);
    EXPECT_EQ(find_session(database, named)->at(0)["flow"], 2);
    EXPECT_EQ(find_session(database, "3")->at(0)["flow"], 3);
    EXPECT_EQ(find_session(database, begin_event(1, 0)->session->community_id)->at(0)["flow"], 1);
    EXPECT_TRUE(find_session(database, "nothing")->empty());
}

TEST_F(Store, ReportsCountByWhatIsAsked) {
    auto store = open();
    constexpr std::int64_t hour = 3'600'000;
    write(store, {begin_event(1, 0), end_event(1, 10), begin_event(2, hour), end_event(2, hour, "answered"),
                  session_event("session_begin", 3, 24 * hour, "", 443)});
    auto database = reader();
    const auto rows = [&](const char* by) {
        std::vector<std::string> found;
        const auto made = report(database, by, {}).value();
        for (const auto& row : made) found.push_back(row.dump());
        return found;
    };
    using Found = std::vector<std::string>;
    EXPECT_EQ(rows("port"),
              (Found{R"({"port":"tcp/22","sessions":2,"answered":2,"handshake":1,"payload":1,"sources":2,)"
                     R"("packets":18,"bytes":1400})",
                     R"({"port":"tcp/443","sessions":1,"answered":0,"handshake":0,"payload":0,"sources":1,)"
                     R"("packets":0,"bytes":0})"}));
    const auto names = [&](const char* by) {
        Found found;
        const auto made = report(database, by, {}).value();
        for (const auto& row : made) found.push_back(row[by].get<std::string>());
        return found;
    };
    EXPECT_EQ(names("network"), (Found{"198.51.0.0/16"}));
    EXPECT_EQ(names("honeypot"), (Found{"pot"}));
    EXPECT_EQ(names("day"), (Found{"2026-11-27", "2026-11-28"}));
    EXPECT_EQ(names("hour"), (Found{"2026-11-27T03:00Z", "2026-11-27T04:00Z", "2026-11-28T03:00Z"}));
}

TEST_F(Store, AnAddressHasAHistory) {
    auto store = open();
    const auto change = [](const char* state, std::int64_t at) {
        return parse_event(
                   fmt::format(
                       R"({{"timestamp":"{}","event_type":"address","address":"10.1.2.3","state":"{}",)"
                       R"("voucher":"agent:east"}})",
                       time_text(moment(at)), state))
            .value();
    };
    write(store, {change("active", 0), change("inactive", 1000), begin_event(1, 2000)});
    auto database = reader();
    const auto address = parse_address("10.1.2.3").value();
    const auto rows = history_of(database, address).value();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].dump(),
              R"({"time":"2026-11-27T03:40:00.000000+0000","state":"active","voucher":"agent:east"})");
    EXPECT_EQ(rows[1]["state"], "inactive");
    EXPECT_EQ(visits_of(database, address)->dump(), R"({"sessions_to":1,"sessions_from":0})");
}

TEST_F(Store, WhatIsTooOldOrTooMuchIsTakenOut) {
    auto store = open({.most_age = 1h});
    write(store, {begin_event(1, 0), begin_event(2, 3'000'000)});
    ASSERT_TRUE(store.tick(moment(3'700'000)));
    EXPECT_EQ(number("SELECT count(*) FROM session"), 1);
    EXPECT_EQ(sessions()[0]["flow"], 2);
    store.set({.most_age = 1h, .most_bytes = 1});
    ASSERT_TRUE(store.tick(moment(3'700'000)));
    EXPECT_EQ(number("SELECT count(*) FROM session"), 0);
}

TEST_F(Store, WhatCannotBeWrittenIsCountedAndAGapSaysSo) {
    auto store = open();
    {
        auto other = Database::open(path, Database::Access::write).value();
        ASSERT_TRUE(other.run("BEGIN EXCLUSIVE"));
        const auto written = store.write(std::vector{begin_event(1, 0), begin_event(2, 1)}, moment());
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error(), "the store " + path.string() + " is locked by another process");
        EXPECT_EQ(store.lost(), 2U);
    }
    write(store, {begin_event(3, 2)});
    EXPECT_EQ(store.lost(), 0U);
    EXPECT_EQ(number("SELECT count(*) FROM session"), 1);
    EXPECT_EQ(number("SELECT count(*) FROM event WHERE type='gap' AND body LIKE '%\"events\":2%'"), 1);
}

TEST_F(Store, WhatIsNoStoreIsRefusedWithAReason) {
    const auto refused = [](const std::filesystem::path& file) {
        const auto reading = open_for_reading(file);
        return reading ? std::string("taken") : reading.error();
    };
    EXPECT_EQ(refused(folder.path() / "none"), "the store " + (folder.path() / "none").string() +
                                                   " cannot be read: No such file or directory");
    const auto text = folder.write("text", std::string(5000, 'x'));
    EXPECT_EQ(refused(text), text.string() + " is no store of honeyrecord: it is no SQLite database");
    EXPECT_FALSE(open_for_writing(text));
    const auto foreign = folder.path() / "foreign.db";
    ASSERT_TRUE(Database::open(foreign, Database::Access::write)->run("CREATE TABLE t(x)"));
    EXPECT_EQ(refused(foreign), foreign.string() + " is a database, but no store of honeyrecord");
    EXPECT_FALSE(open_for_writing(foreign)) << "what is there is not written into";
    {
        auto made = open();
    }
    ASSERT_TRUE(Database::open(path, Database::Access::write)->run("PRAGMA user_version=2"));
    EXPECT_EQ(refused(path),
              "the store " + path.string() +
                  " is of version 2, and this program knows none beyond 1: it was written by a "
                  "newer honeyrecord");
    EXPECT_FALSE(SessionStore::open({.file = path}));
}

TEST_F(Store, IsReadWhileItIsWritten) {
    auto store = open();
    write(store, {begin_event(1, 0)});
    auto database = reader();
    auto statement = database.prepare("SELECT id FROM session").value();
    ASSERT_TRUE(statement.step().value());
    write(store, {begin_event(2, 1)});
    EXPECT_FALSE(statement.step().value()) << "a reader sees what was there as it began";
    EXPECT_EQ(number("SELECT count(*) FROM session"), 2);
}

}  // namespace
}  // namespace honeyswitch::record
