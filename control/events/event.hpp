// What happens, with who and when and how much: each kind of event is a struct, and beside its fields stands
// how they are called and what they mean. Addresses, ports and counts are called as in Suricata's EVE, so
// that what reads that reads this.
//
// A field that has no value is left out where an event is written down. A session is named by `flow` and
// `created_ms` together, for as long as the process runs: its place in the table is used again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"
#include "control/events/event_names.hpp"
#include "control/events/event_type.hpp"
#include "control/events/event_words.hpp"
#include "control/events/session_course.hpp"
#include "control/events/session_name.hpp"
#include "control/events/session_origin.hpp"

namespace honeyswitch::control {

/// A session with a honeypot began.
struct SessionBegun {
    static constexpr auto type = EventType::session_begin;
    SessionName session;
    SessionOrigin origin{};

    static constexpr auto columns() {
        return std::tuple_cat(
            session_columns(),
            std::tuple{Column{"reason", [](const SessionBegun& event) { return event.origin.reason; },
                              "Why its packets go to a honeypot, of a closed list."}},
            diversion_columns(), first_packet_columns());
    }
};

/// A session came further than before.
struct SessionAdvanced {
    static constexpr auto type = EventType::session_step;
    SessionName session;
    SessionCourse course{};

    static constexpr auto columns() { return std::tuple_cat(session_columns(), course_columns()); }
};

/// A session is over. It is the session's last word, with all that was counted and how it began.
struct SessionEnded {
    static constexpr auto type = EventType::session_end;
    SessionName session;
    SessionEndReason reason = SessionEndReason::idle;
    SessionCourse course{};
    Milliseconds idle{};
    SessionOrigin origin{};

    static constexpr auto columns() {
        return std::tuple_cat(
            session_columns(),
            std::tuple{Column{"reason", &SessionEnded::reason, "Why it is over, of a closed list."}},
            course_columns(),
            std::tuple{Column{"idle_ms", &SessionEnded::idle, "From its last packet to this event."},
                       Column{"diversion", [](const SessionEnded& event) { return event.origin.diversion(); },
                              "Why its packets went to a honeypot, as `reason` of session_begin."}},
            diversion_columns(), first_packet_columns());
    }
};

/// An address became active or inactive.
struct AddressChanged {
    static constexpr auto type = EventType::address;
    Ipv4Address address;
    AddressState state = AddressState::active;
    VoucherNumber voucher{};

    static constexpr auto columns() {
        return std::tuple{
            Column{"address", &AddressChanged::address, "The address, which is one of the campus."},
            Column{"state", &AddressChanged::state, "What it is from now on."},
            Column{"voucher", &AddressChanged::voucher, "Who says so: the first to vouch, or the last."}};
    }
};

/// A tier moved a source to another pool.
struct SourceMoved {
    static constexpr auto type = EventType::tier;
    Ipv4Address source;
    PoolNumber from{}, to{};

    static constexpr auto columns() {
        return std::tuple{
            Column{"src_ip", &SourceMoved::source, "The source."},
            Column{"from_pool", &SourceMoved::from, "The pool that its sessions would go to otherwise."},
            Column{"to_pool", &SourceMoved::to, "The pool that they go to."}};
    }
};

/// What the log says of a rare event, and with which gravity.
struct Told {
    Gravity gravity = Gravity::information;
    std::string text{};  ///< a sentence
};
/// The last columns of an event that has such a sentence.
inline constexpr std::tuple told_columns{
    Column{"gravity", [](const auto& event) { return event.told.gravity; }, "How grave it is."},
    Column{"text", [](const auto& event) -> const auto& { return event.told.text; },
           "What the log says of it."}};

/// Something became of an agent.
struct AgentChanged {
    static constexpr auto type = EventType::agent;
    AgentState state = AgentState::associated;
    std::string agent{};     ///< empty: no record has it
    std::string endpoint{};  ///< empty: none is known
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{
                Column{"state", &AgentChanged::state, "What became of it."},
                Column{"agent", &AgentChanged::agent, "Its name in the configuration."},
                Column{"endpoint", &AgentChanged::endpoint, "Address and UDP port that it speaks from."}},
            told_columns);
    }
};

/// The state of a domain changed.
struct DomainChanged {
    static constexpr auto type = EventType::domain;
    Ipv4Prefix prefix;
    DomainWord state = DomainWord::unknown;
    std::optional<VoucherNumber> swept_by = std::nullopt;

    static constexpr auto columns() {
        return std::tuple{
            Column{"prefix", &DomainChanged::prefix, "Its prefix."},
            Column{"state", &DomainChanged::state, "What it is from now on; refused: the tables are full."},
            Column{"agent", &DomainChanged::swept_by, "One of the agents that have swept it."}};
    }
};

/// A honeypot came up or went down.
struct HoneypotChanged {
    static constexpr auto type = EventType::honeypot;
    std::string honeypot{};
    HoneypotWord state = HoneypotWord::down;
    std::optional<MacAddress> mac = std::nullopt;
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{Column{"honeypot", &HoneypotChanged::honeypot, "Its name in the configuration."},
                       Column{"state", &HoneypotChanged::state, "Whether it is up."},
                       Column{"mac", &HoneypotChanged::mac, "Its MAC address, if it is known."}},
            told_columns);
    }
};

/// Something became of a port or its link.
struct LinkChanged {
    static constexpr auto type = EventType::link;
    LinkState state = LinkState::changed;
    std::string port{};  ///< empty: the sentence names it
    std::string link{};  ///< that it is a port of; empty: of none, or the sentence names it
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(std::tuple{Column{"state", &LinkChanged::state, "What became of it."},
                                         Column{"port", &LinkChanged::port, "The port, by its side."},
                                         Column{"link", &LinkChanged::link,
                                                "The link that it is a port of; empty: one of honeypots."}},
                              told_columns);
    }
};

/// A list of sources, or a log that fills one, changed.
struct ListChanged {
    static constexpr auto type = EventType::list;
    ListAction action = ListAction::added;
    std::string list{};  ///< empty: of all of them
    std::optional<Ipv4Prefix> source = std::nullopt;
    std::optional<Milliseconds> lifetime = std::nullopt;
    std::string who{};   ///< empty: no operator
    std::string file{};  ///< empty: no file
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{Column{"action", &ListChanged::action, "What became of it."},
                       Column{"list", &ListChanged::list, "Its name in the configuration."},
                       Column{"src_ip", &ListChanged::source, "The source: an address or a prefix."},
                       Column{"lifetime_ms", &ListChanged::lifetime, "For how long; none: until removed."},
                       Column{"who", &ListChanged::who, "The operator who asked for it."},
                       Column{"file", &ListChanged::file, "The list's file, or the log."}},
            told_columns);
    }
};

/// Somebody wants another configuration, or something came of that.
struct ConfigChanged {
    static constexpr auto type = EventType::config;
    ConfigPhase phase = ConfigPhase::asked;
    std::uint64_t reload = 0;
    std::string who{};  ///< empty: nobody is to be named
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{Column{"phase", &ConfigChanged::phase, "How far it is."},
                       Column{"reload", &ConfigChanged::reload, "Number of the reload since the start."},
                       Column{"who", &ConfigChanged::who, "The operator or the signal that asked for it."}},
            told_columns);
    }
};

/// The appliance as a whole does something otherwise than before.
struct ModeChanged {
    static constexpr auto type = EventType::mode;
    ModeWord mode = ModeWord::first_packet;
    std::string who{};
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(std::tuple{Column{"mode", &ModeChanged::mode, "What it does from now on."},
                                         Column{"who", &ModeChanged::who, "Who wants it so."}},
                              told_columns);
    }
};

/// What honeypots sent and may not, summed.
struct PacketsContained {
    static constexpr auto type = EventType::contained;
    std::string counter{};
    std::uint64_t packets = 0;
    Milliseconds within{};

    static constexpr auto columns() {
        return std::tuple{Column{"counter", &PacketsContained::counter, "The counter that says why."},
                          Column{"packets", &PacketsContained::packets, "Packets since the last sum."},
                          Column{"within_ms", &PacketsContained::within, "The time that the sum is of."}};
    }
};

/// Packets are lost for want of room or time, or are lost no longer.
struct PacketsLost {
    static constexpr auto type = EventType::loss;
    std::string counter{};
    LossPhase phase = LossPhase::began;
    std::uint64_t packets = 0;
    Milliseconds lasted{};
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{Column{"counter", &PacketsLost::counter, "The counter that has them."},
                       Column{"phase", &PacketsLost::phase, "Whether it began, goes on, or has ended."},
                       Column{"packets", &PacketsLost::packets, "Packets since it began."},
                       Column{"lasted_ms", &PacketsLost::lasted, "For how long it has gone on."}},
            told_columns);
    }
};

/// What outlives a restart was put back, or was saved, or was not.
struct StateChanged {
    static constexpr auto type = EventType::state;
    StateWord state = StateWord::restored;
    std::string file{};
    std::optional<std::uint64_t> sessions = std::nullopt, lost = std::nullopt;
    Told told{};

    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{Column{"state", &StateChanged::state, "What became of it."},
                       Column{"file", &StateChanged::file, "The file of it."},
                       Column{"sessions", &StateChanged::sessions, "Sessions that were put back, or saved."},
                       Column{"lost", &StateChanged::lost, "Sessions of the file that were not put back."}},
            told_columns);
    }
};

/// Whoever listens did not keep up, and missed events.
struct EventsMissed {
    static constexpr auto type = EventType::gap;
    std::uint64_t events = 0;

    static constexpr auto columns() {
        return std::tuple{Column{"events", &EventsMissed::events,
                                 "Events of the wanted types that were missed, before any other filter."}};
    }
};

/// In the order of EventType.
using EventBody =
    std::variant<SessionBegun, SessionAdvanced, SessionEnded, AddressChanged, SourceMoved, AgentChanged,
                 DomainChanged, HoneypotChanged, LinkChanged, ListChanged, ConfigChanged, ModeChanged,
                 PacketsContained, PacketsLost, StateChanged, EventsMissed>;
static_assert(std::variant_size_v<EventBody> == event_type_count);

/// Wall-clock time, UTC.
using WallMilliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

struct Event {
    TimePoint at{};           ///< of the turn in which it happened
    WallMilliseconds time{};  ///< the same moment
    EventBody body;

    [[nodiscard]] EventType type() const { return static_cast<EventType>(body.index()); }
};

/// What the log says of it; null: its text is made of its numbers, or it has none.
[[nodiscard]] inline const Told* told_of(const Event& event) {
    return std::visit(
        [](const auto& body) -> const Told* {
            if constexpr (requires { body.told; })
                return &body.told;
            else
                return nullptr;
        },
        event.body);
}

}  // namespace honeyswitch::control
