// The words that events are made of: closed lists, in the order of their names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace honeyswitch::control {

/// Why a session began. The same words stand in documentation.
enum class DiversionReason : std::uint8_t {
    dark,       ///< the destination is in a dark prefix, and not active
    inactive,   ///< the destination is in a known domain, and not active
    rule,       ///< the same, and a rule chose the pool
    list,       ///< the source is on an attacker list
    tier,       ///< the destination is not active, and what the source did before chose the pool
    decoy,      ///< a rule diverts it even from an active address
    companion,  ///< it is the entry of later fragments, beside another session
    own_flow,   ///< the honeypot opened it, as the configuration allows
};

/// Who put a source on a list.
enum class ListOrigin : std::uint8_t { file, by_operator, auth_log };

enum class SessionEndReason : std::uint8_t {
    idle,  ///< nothing came for the idle timeout
    /// The flow is the inside's: its host sent on it, or it outlived its address for long enough.
    inside,
};

enum class Gravity : std::uint8_t { debug, information, warning, error };

enum class AgentState : std::uint8_t {
    associated,  ///< it proved its key, and is heard
    silent,      ///< it was not heard for the agent timeout
    absent,      ///< it was not heard since the start
    refused,     ///< notices of it, or in its name, are refused
    accepted,    ///< nothing of it was refused for a while
};

enum class AddressState : std::uint8_t { active, inactive };

enum class HoneypotWord : std::uint8_t { up, down };

enum class DomainWord : std::uint8_t { unknown, known, dark, refused };

enum class LinkState : std::uint8_t {
    up,
    down,
    flapped,     ///< it was down for a moment
    changed,     ///< somebody else changed the port's settings
    taken_down,  ///< as its partner lost its link
    let_up,      ///< again
};

enum class ListAction : std::uint8_t {
    added,
    removed,
    restored,    ///< entries of the operator's from before the start
    refused,     ///< no room, or it may not be listed
    read,        ///< the list's file
    unreadable,  ///< the list's file, or a log
    followed,    ///< a log
    puzzling,    ///< of a log little or nothing is understood
};

enum class ConfigPhase : std::uint8_t {
    asked,        ///< somebody asked for a reload
    reading,      ///< the configuration is read
    applying,     ///< part of it comes into force over many turns
    warned,       ///< something about it is to be known
    refused,      ///< the old one stays
    done,         ///< it is in force
    unconfirmed,  ///< it is in force, and is taken back unless somebody confirms it
    confirmed,    ///< it stays
    taken_back,   ///< nobody has confirmed it, and what was before is in force again
};

enum class ModeWord : std::uint8_t {
    first_packet,  ///< a session begins with its first packet
    handshake,     ///< a session begins with a whole handshake
    failed_open,   ///< the control thread was held up, and all traffic went inside
    reachable,     ///< agents can reach the switch
    out_of_reach,  ///< the address at which agents report is not there
    divert,        ///< the configuration has packets diverted
    observe,       ///< it has them pass: nothing is diverted
    maintenance,   ///< nothing new is diverted, and sessions go on until they end
    passing,       ///< the last of them has ended: everything passes
    resumed,       ///< maintenance is over
};

enum class LossPhase : std::uint8_t { began, goes_on, ended };

enum class StateWord : std::uint8_t {
    restored,   ///< what was before the start goes on
    set_aside,  ///< the file of it cannot be used
    unsaved,    ///< it cannot be written
    saved,      ///< it can again, or for the last time
};

namespace words {
inline constexpr std::array<std::string_view, 8> diversion{"dark", "inactive", "rule",      "list",
                                                           "tier", "decoy",    "companion", "own_flow"};
inline constexpr std::array<std::string_view, 3> list_origin{"file", "operator", "auth_log"};
inline constexpr std::array<std::string_view, 2> session_end{"idle", "inside"};
inline constexpr std::array<std::string_view, 4> gravity{"debug", "information", "warning", "error"};
inline constexpr std::array<std::string_view, 5> agent{"associated", "silent", "absent", "refused",
                                                       "accepted"};
inline constexpr std::array<std::string_view, 2> address{"active", "inactive"};
inline constexpr std::array<std::string_view, 2> honeypot{"up", "down"};
inline constexpr std::array<std::string_view, 4> domain{"unknown", "known", "dark", "refused"};
inline constexpr std::array<std::string_view, 6> link{"up",      "down",       "flapped",
                                                      "changed", "taken_down", "let_up"};
inline constexpr std::array<std::string_view, 8> list{"added", "removed",    "restored", "refused",
                                                      "read",  "unreadable", "followed", "puzzling"};
inline constexpr std::array<std::string_view, 9> config{
    "asked", "reading", "applying", "warned", "refused", "done", "unconfirmed", "confirmed", "taken_back"};
inline constexpr std::array<std::string_view, 10> mode{
    "first_packet", "handshake", "failed_open", "reachable", "out_of_reach",
    "divert",       "observe",   "maintenance", "passing",   "resumed"};
inline constexpr std::array<std::string_view, 3> loss{"began", "goes_on", "ended"};
inline constexpr std::array<std::string_view, 4> state{"restored", "set_aside", "unsaved", "saved"};

template <typename Word>
[[nodiscard]] constexpr std::string_view at(const auto& names, Word word) {
    return names.at(static_cast<std::size_t>(std::to_underlying(word)));
}
}  // namespace words

[[nodiscard]] constexpr std::string_view name_of(DiversionReason word) {
    return words::at(words::diversion, word);
}
[[nodiscard]] constexpr std::string_view name_of(ListOrigin word) {
    return words::at(words::list_origin, word);
}
[[nodiscard]] constexpr std::string_view name_of(SessionEndReason word) {
    return words::at(words::session_end, word);
}
[[nodiscard]] constexpr std::string_view name_of(Gravity word) {
    return words::at(words::gravity, word);
}
[[nodiscard]] constexpr std::string_view name_of(AgentState word) {
    return words::at(words::agent, word);
}
[[nodiscard]] constexpr std::string_view name_of(AddressState word) {
    return words::at(words::address, word);
}
[[nodiscard]] constexpr std::string_view name_of(HoneypotWord word) {
    return words::at(words::honeypot, word);
}
[[nodiscard]] constexpr std::string_view name_of(DomainWord word) {
    return words::at(words::domain, word);
}
[[nodiscard]] constexpr std::string_view name_of(LinkState word) {
    return words::at(words::link, word);
}
[[nodiscard]] constexpr std::string_view name_of(ListAction word) {
    return words::at(words::list, word);
}
[[nodiscard]] constexpr std::string_view name_of(ConfigPhase word) {
    return words::at(words::config, word);
}
[[nodiscard]] constexpr std::string_view name_of(ModeWord word) {
    return words::at(words::mode, word);
}
[[nodiscard]] constexpr std::string_view name_of(LossPhase word) {
    return words::at(words::loss, word);
}
[[nodiscard]] constexpr std::string_view name_of(StateWord word) {
    return words::at(words::state, word);
}

}  // namespace honeyswitch::control
