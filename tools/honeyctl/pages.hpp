// Where honeyctl reads from and writes to; the tests have their own of both.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/address.hpp"

namespace honeyswitch::honeyctl {

using Json = nlohmann::json;

/// Asks the switch: a request, its response. Errors: a sentence, the switch's own or why it was not reached.
using Ask = std::function<std::expected<Json, std::string>(const Json&)>;

/// Takes a line without its newline. False: no more, please.
using LineSink = std::function<bool(std::string_view)>;
/// Sends a request, and hands over the lines that follow its response, until the switch has said all or
/// nobody wants more. Errors: as those of Ask.
using Listen = std::function<std::expected<void, std::string>(const Json&, const LineSink&)>;

/// Takes a piece of output. False: nobody reads any more, which is no error.
using Sink = std::function<bool(std::string_view)>;

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// What the operator wants to see of a table, or to change.
struct Selection {
    Ipv4Prefix source;       ///< everything, unless it is given
    Ipv4Prefix destination;  ///< everything, unless it is given
    std::uint64_t limit = UINT64_MAX;
    bool json = false;
    bool replies = false;            ///< flows: also the way back of each session
    std::string by;                  ///< progress: "port" or "network"; empty: the switch's default
    std::string link;                ///< link up: its name; empty: all
    std::string list;                ///< list commands: its name
    bool on = false;                 ///< maintenance: it begins
    std::vector<std::string> types;  ///< events: of these types; empty: of all
    std::string honeypot;            ///< events: of this honeypot; empty: of all
    Ipv4Prefix address;              ///< events: with an address in it
    bool follow = false;             ///< events: those to come, instead of those that were
    Ipv4Prefix prefix;
    std::optional<std::int64_t> lifetime_ms;  ///< of an entry of a list; reload: until it is taken back
    WallTime now{};                           ///< when honeyctl was called

    // Of what is asked of the store, and not of the switch.
    std::string store;                       ///< its path
    std::optional<std::int64_t> since_ms{};  ///< what began at most so long ago; none: ever
    std::optional<std::uint16_t> port{};     ///< sessions: with this destination port
    std::string stage;                       ///< sessions: that came at least so far
    std::string sort;                        ///< sessions: what is largest comes first
    std::string flow;                        ///< session: what it is called
    bool history = false;                    ///< addresses: all that is known, not the latest alone
    std::vector<std::string> files{};        ///< audit: in the order in which they were written
};

/// Takes a row. False: no more rows, please.
using RowSink = std::function<bool(const Json&)>;
/// Takes a response, which has rows. False: no more, please.
using PageSink = std::function<bool(const Json&)>;

/// Asks again and again until the table ends, or `take` has had enough.
[[nodiscard]] std::expected<void, std::string> each_page(const Ask& ask, Json request, const PageSink& take);

/// Reads a table row by row, page after page, as far as `take` wants it.
[[nodiscard]] std::expected<void, std::string> each_row(const Ask& ask, std::string_view command,
                                                        const Selection& selection, const RowSink& take);

/// The rows of one response.
[[nodiscard]] std::expected<Json, std::string> ask_rows(const Ask& ask, const Json& request);

}  // namespace honeyswitch::honeyctl
