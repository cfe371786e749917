// How a session began: why its packets go to a honeypot, what proves that, and what its first packet looked
// like. It is kept for as long as the session, so that the last word about it explains it whole, whoever
// listened when it began.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"
#include "base/first_packet.hpp"
#include "base/scanner.hpp"
#include "control/events/event_names.hpp"
#include "control/events/event_words.hpp"

namespace honeyswitch::control {

/// TCP flags, two hexadecimal digits in text.
struct TcpFlags {
    std::uint8_t value = 0;
    friend bool operator==(TcpFlags, TcpFlags) = default;
};

/// 64 bytes, as there is one for each session of the capacity. Numbers of rules, agents, lists and pools mean
/// what they meant when the session began; where the names have changed since, they are forgotten.
class SessionOrigin {
  public:
    std::uint64_t flow_id = 0;  ///< 0: it has none yet

    void set_domain(Ipv4Prefix domain) {
        network_ = domain.network;
        length_ = domain.length;
    }
    /// In steps of ten milliseconds, up to 497 days.
    void set_since(Milliseconds before) { since_ = steps(before); }
    void set_swept(Milliseconds before) { swept_ = steps(before); }
    void set_agent(VoucherNumber agent) {
        agent_ = agent.value;
        has_agent_ = true;
    }
    void set_rule(RuleNumber rule) { rule_ = rule.value; }
    void set_list(ListNumber list, ListOrigin origin) {
        list_ = list.value;
        list_origin_ = origin;
    }
    void set_pool(PoolNumber pool) {
        pool_ = pool.value;
        has_pool_ = true;
    }
    void set_first(const FirstPacket& first) {
        first_ = first;
        has_first_ = true;
    }
    /// Nobody knows, as it is from before a restart.
    void forget_reason() { has_reason_ = false; }
    void forget_names() {
        has_agent_ = has_pool_ = false;
        rule_ = none;
        list_ = no_list;
    }

    [[nodiscard]] std::optional<DiversionReason> diversion() const {
        return has_reason_ ? std::optional(reason) : std::nullopt;
    }
    [[nodiscard]] std::optional<Ipv4Prefix> domain() const {
        return length_ <= 32 ? std::optional(Ipv4Prefix{network_, length_}) : std::nullopt;
    }
    [[nodiscard]] std::optional<Milliseconds> since() const { return duration(since_); }
    [[nodiscard]] std::optional<Milliseconds> swept() const { return duration(swept_); }
    [[nodiscard]] std::optional<VoucherNumber> agent() const {
        return has_agent_ ? std::optional(VoucherNumber{agent_}) : std::nullopt;
    }
    [[nodiscard]] std::optional<RuleNumber> rule() const {
        return rule_ != none ? std::optional(RuleNumber{rule_}) : std::nullopt;
    }
    [[nodiscard]] std::optional<ListNumber> list() const {
        return list_ != no_list ? std::optional(ListNumber{list_}) : std::nullopt;
    }
    [[nodiscard]] std::optional<ListOrigin> list_origin() const {
        return list_ != no_list ? std::optional(list_origin_) : std::nullopt;
    }
    [[nodiscard]] std::optional<PoolNumber> pool() const {
        return has_pool_ ? std::optional(PoolNumber{pool_}) : std::nullopt;
    }
    /// nullptr: the switch has not seen it, as the session is from before a restart, or a honeypot began it.
    [[nodiscard]] const FirstPacket* first() const { return has_first_ ? &first_ : nullptr; }

    friend bool operator==(const SessionOrigin&, const SessionOrigin&) = default;

  private:
    static constexpr std::uint32_t none = ~0U;
    static constexpr std::uint8_t no_list = 255, no_length = 255;
    static constexpr std::int64_t step_ms = 10;

    [[nodiscard]] static std::uint32_t steps(Milliseconds time) {
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count() / step_ms, 0, none - 1));
    }
    [[nodiscard]] static std::optional<Milliseconds> duration(std::uint32_t steps) {
        return steps != none ? std::optional(Milliseconds{steps * step_ms}) : std::nullopt;
    }

    FirstPacket first_{};
    Ipv4Address network_{};
    std::uint32_t agent_ = 0, since_ = none, swept_ = none, rule_ = none;
    std::uint8_t length_ = no_length;
    std::uint8_t pool_ = 0, list_ = no_list;
    ListOrigin list_origin_ = ListOrigin::file;
    bool has_first_ : 1 = false, has_agent_ : 1 = false, has_pool_ : 1 = false;
    bool has_reason_ : 1 = true;

  public:
    DiversionReason reason = DiversionReason::inactive;
    std::uint16_t naming = 0;  ///< of the bus, when it began
};
static_assert(sizeof(SessionOrigin) <= 64);

/// What a column is of a session's first packet; nullopt where there is none, or where it is no TCP segment.
template <auto Get>
constexpr auto of_first = [](const auto& event) {
    const FirstPacket* const first = event.origin.first();
    using Value = std::remove_cvref_t<decltype(Get(*first))>;
    return first != nullptr ? std::optional<Value>(Get(*first)) : std::nullopt;
};
template <auto Get>
constexpr auto of_first_tcp = [](const auto& event) {
    const FirstPacket* const first = event.origin.first();
    using Value = std::remove_cvref_t<decltype(Get(*first))>;
    return first != nullptr && first->tcp ? std::optional<Value>(Get(*first)) : std::nullopt;
};

/// Columns of what diverts a session, but for the reason.
constexpr auto diversion_columns() {
    return std::tuple{
        Column{"pool", [](const auto& event) { return event.origin.pool(); }, "The pool of its honeypot."},
        Column{"domain", [](const auto& event) { return event.origin.domain(); },
               "The prefix that its destination lies in."},
        Column{"agent", [](const auto& event) { return event.origin.agent(); },
               "One of the agents that have swept that prefix."},
        Column{"since_ms", [](const auto& event) { return event.origin.since(); },
               "For how long that prefix had been known or dark when it began, in steps of 10 ms."},
        Column{"swept_ms", [](const auto& event) { return event.origin.swept(); },
               "How long before it an agent swept that prefix last, in steps of 10 ms."},
        Column{"rule", [](const auto& event) { return event.origin.rule(); },
               "The rule that diverts it, or that chose its pool."},
        Column{"list", [](const auto& event) { return event.origin.list(); },
               "The list of attackers that its source was on."},
        Column{"origin", [](const auto& event) { return event.origin.list_origin(); },
               "Who put its source on that list: file, operator or auth_log."}};
}

/// Columns of its first packet.
constexpr auto first_packet_columns() {
    return std::tuple{
        Column{"ttl", of_first<[](const FirstPacket& first) { return std::uint64_t{first.ttl}; }>,
               "Of its first packet: time to live."},
        Column{"tos", of_first<[](const FirstPacket& first) { return std::uint64_t{first.tos}; }>,
               "Of its first packet: type of service."},
        Column{"ip_id", of_first<[](const FirstPacket& first) { return std::uint64_t{first.ip_id}; }>,
               "Of its first packet: IPv4 identification."},
        Column{"ip_len", of_first<[](const FirstPacket& first) { return std::uint64_t{first.ip_length}; }>,
               "Of its first packet: bytes with the IPv4 header."},
        Column{"tcp_flags", of_first_tcp<[](const FirstPacket& first) { return TcpFlags{first.tcp_flags}; }>,
               "Of its first packet: TCP flags, hexadecimal."},
        Column{"tcp_seq",
               of_first_tcp<[](const FirstPacket& first) { return std::uint64_t{first.tcp_sequence}; }>,
               "Of its first packet: TCP sequence number."},
        Column{"tcp_window",
               of_first_tcp<[](const FirstPacket& first) { return std::uint64_t{first.tcp_window}; }>,
               "Of its first packet: TCP window, not scaled."},
        Column{"tcp_options", of_first_tcp<[](const FirstPacket& first) { return tcp_options_text(first); }>,
               "Of its first packet: TCP options in order, as p0f writes them."},
        Column{"irregular",
               [](const auto& event) -> std::optional<SynIrregularity> {
                   const FirstPacket* const first = event.origin.first();
                   if (first == nullptr) return std::nullopt;
                   const auto marks = irregularity_of(*first, event.session.destination());
                   return marks.any() ? std::optional(marks) : std::nullopt;
               },
               "What is irregular about its first packet, a request for a connection."},
        Column{"scanner",
               [](const auto& event) -> std::optional<Scanner> {
                   const FirstPacket* const first = event.origin.first();
                   if (first == nullptr || !first->opens_connection()) return std::nullopt;
                   return scanner_of(*first, event.session.destination(),
                                     event.session.destination_port().value_or(0));
               },
               "Which program sent its first packet, if that asks for a connection."}};
}

}  // namespace honeyswitch::control
