// An event of the switch as it came over the socket, and what all that write it down need of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/address.hpp"

namespace honeyswitch::record {

/// Members keep their order.
using Json = nlohmann::ordered_json;
/// UTC.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// What names a session.
struct SessionPart {
    std::int64_t flow_id = 0;  ///< below 2^51, as numbers of JSON are exact there for every reader
    Ipv4Address source, destination;
    std::uint8_t protocol = 0;
    std::optional<std::uint16_t> source_port = std::nullopt, destination_port = std::nullopt;
    std::string community_id{};  ///< empty: it has none
};

struct Event {
    std::string type{};
    WallTime time{};
    Json body{};  ///< an object, as it was told
    std::optional<SessionPart> session = std::nullopt;
};
/// Shared by all that write it, and never changed.
using EventPointer = std::shared_ptr<const Event>;

/// Errors: what is wrong with the line, a clause.
[[nodiscard]] std::expected<EventPointer, std::string> parse_event(std::string_view line);

/// Why events are missing.
enum class GapCause : std::uint8_t {
    not_running,   ///< before this program was started
    disconnected,  ///< the switch was not there, or ended the connection
    slow,          ///< a file or the store could not follow
    unwritten,     ///< a file or the store could not be written
};

/// An event of our own beside the switch's gaps. `events`: how many are missing, if that is known. `since`:
/// from when on, if that is known.
[[nodiscard]] EventPointer gap_of(GapCause cause, WallTime now, std::optional<std::uint64_t> events,
                                  std::optional<WallTime> since = std::nullopt);

/// "2026-11-27T03:40:00.123Z", with any number of decimals up to nine, and with "Z" or an offset of UTC.
/// Nothing: it is none.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);
/// "2026-11-27T03:40:00.123000+0000", as Suricata writes it.
[[nodiscard]] std::string time_text(WallTime time);
/// The wall clock.
[[nodiscard]] WallTime wall_now();

/// Of the names that the switch gives a protocol, or of its number in text.
[[nodiscard]] std::optional<std::uint8_t> protocol_number(std::string_view name);
/// "TCP", "UDP", "ICMP", "SCTP", or the number.
[[nodiscard]] std::string protocol_text(std::uint8_t number);

}  // namespace honeyswitch::record
