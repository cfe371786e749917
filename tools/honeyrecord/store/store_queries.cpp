#include "tools/honeyrecord/store/store_queries.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "tools/honeyrecord/store/schema.hpp"

namespace honeyswitch::record {
namespace {

constexpr std::string_view session_columns =
    "id,flow_id,flow,src,src_port,dst,dst_port,proto,honeypot,reason,stage,ended,end_reason,duration_ms,"
    "pkts_in,bytes_in,pkts_out,bytes_out,community_id,more";

std::string time_of(std::int64_t microseconds) {
    return time_text(WallTime(std::chrono::microseconds(microseconds)));
}

std::string address_of(std::int64_t value) {
    return to_string(Ipv4Address{static_cast<std::uint32_t>(value)});
}

Json number_or_null(const Statement& row, int column) {
    return row.is_null(column) ? Json() : Json(row.integer(column));
}

Json session_row(const Statement& row) {
    const auto stage = static_cast<std::size_t>(row.integer(10));
    Json json{{"flow_id", row.integer(1)},
              {"flow", number_or_null(row, 2)},
              {"begin", time_of(row.integer(0))},
              {"end", row.is_null(11) ? Json() : Json(time_of(row.integer(11)))},
              {"src_ip", address_of(row.integer(3))},
              {"src_port", number_or_null(row, 4)},
              {"dest_ip", address_of(row.integer(5))},
              {"dest_port", number_or_null(row, 6)},
              {"proto", protocol_text(static_cast<std::uint8_t>(row.integer(7)))},
              {"honeypot", row.text(8)},
              {"reason", row.text(9)},
              {"stage", stage < stages.size() ? stages.at(stage) : "?"},
              {"end_reason", row.is_null(12) ? Json() : Json(row.text(12))}};
    constexpr std::array<std::string_view, 5> counts{"duration_ms", "pkts_toserver", "bytes_toserver",
                                                     "pkts_toclient", "bytes_toclient"};
    for (std::size_t i = 0; i < counts.size(); ++i)
        json[std::string(counts.at(i))] = number_or_null(row, static_cast<int>(13 + i));
    json["community_id"] = row.text(18);
    auto more = row.is_null(19) ? Json::object() : Json::parse(row.text(19), nullptr, false);
    json["more"] = more.is_object() ? std::move(more) : Json::object();
    return json;
}

/// A query that is put together of conditions, each with its values.
class Query {
  public:
    void where(std::string condition, std::initializer_list<std::int64_t> values) {
        text_ += text_.empty() ? " WHERE " : " AND ";
        text_ += condition;
        values_.insert(values_.end(), values);
    }
    void within(const char* column, Ipv4Prefix prefix) {
        if (prefix.length == 0) return;
        if (prefix.length == 32)
            where(fmt::format("{}=?", column), {prefix.network.value});
        else
            where(fmt::format("{} BETWEEN ? AND ?", column), {prefix.network.value, prefix.last().value});
    }
    [[nodiscard]] const std::string& text() const { return text_; }

    [[nodiscard]] OfDatabase<std::vector<Json>> rows(
        Database& database, const std::string& text,
        const std::function<Json(const Statement&)>& row_of) const {
        auto statement = database.prepare(text);
        if (!statement) return std::unexpected(statement.error());
        for (std::size_t i = 0; i < values_.size(); ++i) statement->bind(static_cast<int>(i + 1), values_[i]);
        std::vector<Json> found;
        while (true) {
            const auto stepped = statement->step();
            if (!stepped) return std::unexpected(stepped.error());
            if (!*stepped) return found;
            found.push_back(row_of(*statement));
        }
    }

  private:
    std::string text_;
    std::vector<std::int64_t> values_;
};

Query query_of(const SessionFilter& filter) {
    Query query;
    if (filter.since) query.where("id>=?", {filter.since->time_since_epoch().count()});
    query.within("src", filter.source);
    query.within("dst", filter.destination);
    if (filter.port) query.where("dst_port=?", {*filter.port});
    if (filter.least_stage > 0) query.where("stage>=?", {filter.least_stage});
    return query;
}

std::string_view order_of(SessionOrder order) {
    constexpr std::array<std::string_view, 4> orders{
        "id DESC", "coalesce(bytes_in,0)+coalesce(bytes_out,0) DESC, id DESC",
        "coalesce(pkts_in,0)+coalesce(pkts_out,0) DESC, id DESC", "duration_ms DESC, id DESC"};
    return orders.at(static_cast<std::size_t>(order));
}

std::string limit_of(std::uint64_t limit) {
    return limit > INT64_MAX ? std::string() : fmt::format(" LIMIT {}", limit);
}

/// By what a report can be, and what its rows are grouped by.
struct Grouping {
    std::string_view name, expression;
    bool in_order = false;  ///< of its values, and not the most sessions first
};
constexpr std::array groupings{Grouping{"port", "proto*65536+coalesce(dst_port,0)"},
                               Grouping{"network", "src&4294901760"}, Grouping{"honeypot", "honeypot"},
                               Grouping{"day", "id/86400000000*86400000000", true},
                               Grouping{"hour", "id/3600000000*3600000000", true}};

Json group_name(std::string_view by, const Statement& row) {
    if (by == "honeypot") return row.text(0);
    const auto value = row.integer(0);
    if (by == "network") return address_of(value) + "/16";
    constexpr std::size_t to_day = 10, to_hour = 13;
    if (by == "day") return time_of(value).substr(0, to_day);
    if (by == "hour") return time_of(value).substr(0, to_hour) + ":00Z";
    auto protocol = protocol_text(static_cast<std::uint8_t>(value / 65'536));
    std::ranges::transform(protocol, protocol.begin(),
                           [](char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; });
    return fmt::format("{}/{}", protocol, value % 65'536);
}

}  // namespace

OfDatabase<std::vector<Json>> find_sessions(Database& database, const SessionFilter& filter) {
    const auto query = query_of(filter);
    return query.rows(database,
                      fmt::format("SELECT {} FROM session{} ORDER BY {}{}", session_columns, query.text(),
                                  order_of(filter.order), limit_of(filter.limit)),
                      session_row);
}

OfDatabase<std::vector<Json>> find_session(Database& database, std::string_view name) {
    const auto ask = [&](std::string_view condition, auto value) -> OfDatabase<std::vector<Json>> {
        auto statement =
            database.prepare(fmt::format("SELECT {} FROM session WHERE {}", session_columns, condition));
        if (!statement) return std::unexpected(statement.error());
        statement->bind(1, value);
        std::vector<Json> found;
        while (true) {
            const auto stepped = statement->step();
            if (!stepped) return std::unexpected(stepped.error());
            if (!*stepped) return found;
            found.push_back(session_row(*statement));
        }
    };
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failure != std::errc() || end != name.data() + name.size())
        return ask("community_id=? ORDER BY id", name);
    auto found = ask("flow_id=? ORDER BY id", number);
    if (!found || !found->empty()) return found;
    return ask("flow=? ORDER BY id DESC LIMIT 1", number);
}

OfDatabase<void> each_far_session(Database& database, WallTime since, std::int64_t least_stage,
                                  const std::function<void(const FarSession&)>& take) {
    auto statement = database.prepare(
        "SELECT src,dst,flow_id,coalesce(ended,id) FROM session WHERE id>=? AND stage>=? AND proto=6");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(1, std::int64_t{since.time_since_epoch().count()}).bind(2, least_stage);
    while (true) {
        const auto stepped = statement->step();
        if (!stepped) return std::unexpected(stepped.error());
        if (!*stepped) return {};
        take({{static_cast<std::uint32_t>(statement->integer(0))},
              {static_cast<std::uint32_t>(statement->integer(1))},
              statement->integer(2),
              WallTime(std::chrono::microseconds(statement->integer(3)))});
    }
}

bool can_report_by(std::string_view by) {
    return std::ranges::find(groupings, by, &Grouping::name) != groupings.end();
}

OfDatabase<std::vector<Json>> report(Database& database, std::string_view by, const SessionFilter& filter) {
    const auto* const grouping = std::ranges::find(groupings, by, &Grouping::name);
    const auto query = query_of(filter);
    const auto text = fmt::format(
        "SELECT {},count(*),sum(stage>=1),sum(stage>=2),sum(stage>=3),count(DISTINCT src),"
        "sum(coalesce(pkts_in,0)+coalesce(pkts_out,0)),sum(coalesce(bytes_in,0)+coalesce(bytes_out,0)) "
        "FROM session{} GROUP BY 1 ORDER BY {}{}",
        grouping->expression, query.text(), grouping->in_order ? "1" : "2 DESC, 1", limit_of(filter.limit));
    return query.rows(database, text, [&](const Statement& row) {
        constexpr std::array<std::string_view, 7> names{"sessions", "answered", "handshake", "payload",
                                                        "sources",  "packets",  "bytes"};
        Json json = Json::object();
        json[std::string(by)] = group_name(by, row);
        for (std::size_t i = 0; i < names.size(); ++i)
            json[std::string(names.at(i))] = row.integer(static_cast<int>(i + 1));
        return json;
    });
}

OfDatabase<std::vector<Json>> history_of(Database& database, Ipv4Address address) {
    Query query;
    query.where("address=?", {address.value});
    return query.rows(
        database, "SELECT id,state,voucher FROM address" + query.text() + " ORDER BY id",
        [](const Statement& row) {
            return Json{{"time", time_of(row.integer(0))}, {"state", row.text(1)}, {"voucher", row.text(2)}};
        });
}

OfDatabase<Json> visits_of(Database& database, Ipv4Address address) {
    const auto to = database.number(fmt::format("SELECT count(*) FROM session WHERE dst={}", address.value));
    if (!to) return std::unexpected(to.error());
    const auto from =
        database.number(fmt::format("SELECT count(*) FROM session WHERE src={}", address.value));
    if (!from) return std::unexpected(from.error());
    return Json{{"sessions_to", *to}, {"sessions_from", *from}};
}

}  // namespace honeyswitch::record
