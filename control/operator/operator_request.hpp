// One request of an operator: a line of JSON in, a line of JSON out.
//
//   {"command":"sessions","cursor":0,"limit":128,"source":"198.51.100.0/24","destination":"10.1.0.0/16"}
//   {"rows":[…],"next":128}          next is null at the end
//   {"error":"unknown command 'flow'"}
//
// A request looks at no more than a page of a table, so the time it takes has a bound: an operator who lists
// a million sessions asks many times, and notices and Packet-Ins take their turns in between.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/events/event_bus.hpp"
#include "control/inspect/inspect.hpp"
#include "control/operator/event_stream.hpp"
#include "control/operator/operate.hpp"
#include "control/operator/operator_peer.hpp"

namespace honeyswitch::control {

struct RequestBy {
    OperatorRight right = OperatorRight::change;
    std::string_view who;        ///< "uid 1000, pid 4242"
    EventBus* events = nullptr;  ///< told of what it changes; null: nobody is
    /// Where the command "subscribe" puts what the client wants to be told of; null: too many listen.
    std::optional<EventFilter>* stream = nullptr;
    std::optional<std::uint32_t> uid = std::nullopt, pid = std::nullopt;  ///< of `who`

    [[nodiscard]] Asker asker() const { return {.text = std::string(who), .uid = uid, .pid = pid}; }
};

inline constexpr std::size_t most_rows = 1000;    ///< that a request may ask for
inline constexpr std::size_t default_rows = 128;  ///< that it gets without asking: well below a millisecond

/// The response to `line` (without its newline), with a newline at its end. Anything that is not a request is
/// answered with an error. `by`: what it may do, and who it is.
[[nodiscard]] std::string answer(std::string_view line, const Inspect& inspect, Operate& operate,
                                 TimePoint now, const RequestBy& by = {});

}  // namespace honeyswitch::control
