// What an operator asks of the store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "tools/honeyrecord/event/event.hpp"
#include "tools/honeyrecord/store/database.hpp"

namespace honeyswitch::record {

/// In what order sessions come, the largest first.
enum class SessionOrder : std::uint8_t { time, bytes, packets, duration };

struct SessionFilter {
    std::optional<WallTime> since = std::nullopt;
    Ipv4Prefix source{}, destination{};  ///< everything, unless they are set
    std::optional<std::uint16_t> port = std::nullopt;
    std::int64_t least_stage = 0;
    SessionOrder order = SessionOrder::time;
    std::uint64_t limit = UINT64_MAX;
};

/// A row of sessions as JSON: flow_id, flow, begin, end (null: none was told), src_ip, src_port, dest_ip,
/// dest_port, proto, honeypot, reason, stage, end_reason, duration_ms, pkts_toserver, bytes_toserver,
/// pkts_toclient, bytes_toclient, community_id, and `more`, an object.
[[nodiscard]] OfDatabase<std::vector<Json>> find_sessions(Database& database, const SessionFilter& filter);

/// The sessions of this name: a flow_id, a community_id, or else the latest with this place in the switch's
/// table (`flow`).
[[nodiscard]] OfDatabase<std::vector<Json>> find_session(Database& database, std::string_view name);

/// A session over TCP, for who takes up what was recorded before.
struct FarSession {
    Ipv4Address source, destination;
    std::int64_t flow_id = 0;
    WallTime latest{};  ///< of its end, or else its begin
};
/// Those that began at `since` or later and came at least so far.
[[nodiscard]] OfDatabase<void> each_far_session(Database& database, WallTime since, std::int64_t least_stage,
                                                const std::function<void(const FarSession&)>& take);

/// "port", "network" (a /16), "honeypot", "day" or "hour" (of the begin, UTC).
[[nodiscard]] bool can_report_by(std::string_view by);
/// A row for each value of `by`: it, sessions, answered, handshake, payload (sessions that came at least so
/// far), sources, packets, bytes. The most sessions first; days and hours in their order.
[[nodiscard]] OfDatabase<std::vector<Json>> report(Database& database, std::string_view by,
                                                   const SessionFilter& filter);

/// Rows with time, state and voucher, the oldest first.
[[nodiscard]] OfDatabase<std::vector<Json>> history_of(Database& database, Ipv4Address address);

/// A row with sessions_to and sessions_from: sessions that the address was the destination or the source of.
[[nodiscard]] OfDatabase<Json> visits_of(Database& database, Ipv4Address address);

}  // namespace honeyswitch::record
