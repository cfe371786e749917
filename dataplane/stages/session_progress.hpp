// What a packet shows of how far its session has come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/stages/parse.hpp"
#include "dataplane/tables/session.hpp"

namespace honeyswitch::dataplane {

class SessionTable;

/// What of a packet's transport header matters for that.
struct Contents {
    bool tcp = false;
    std::uint8_t tcp_flags = 0;
    bool payload =
        false;  ///< carries data: bytes behind the TCP or UDP header; any packet of another protocol
};

/// Precondition: `l3.result` is ipv4, for this frame.
[[nodiscard]] Contents contents_of(std::span<const std::uint8_t> frame, const L3View& l3);

/// A packet from outside of a session whose honeypot has answered.
[[nodiscard]] constexpr Step step_after_packet(Step before, const Contents& contents) {
    const bool opens_or_ends = contents.tcp && (contents.tcp_flags & (tcp_flag::syn | tcp_flag::rst)) != 0;
    if (before < Step::answered || opens_or_ends) return before;
    return contents.payload ? Step::payload : std::max(before, Step::handshake);
}

/// A packet of the honeypot. A reset is no answer: it says that nobody listens.
[[nodiscard]] constexpr Step step_after_reply(Step before, const Contents& contents) {
    const bool refuses = contents.tcp && (contents.tcp_flags & tcp_flag::rst) != 0;
    return refuses ? before : std::max(before, Step::answered);
}

/// Whether a packet from outside may show something new.
[[nodiscard]] inline bool may_advance(const Session& session) {
    const Step step = session.progress.load(std::memory_order_relaxed);
    return step == Step::answered || step == Step::handshake;
}

/// A packet from outside of this session of `sessions`; `now`: milliseconds of the switch's clock. Returns
/// whether it has reached Step::payload by it.
[[nodiscard]] bool advance(const SessionTable& sessions, Session& session, std::uint32_t now,
                           std::span<const std::uint8_t> frame, const L3View& l3);

/// A packet of its honeypot. Precondition: the session is at Step::first_packet.
void advance_by_reply(const SessionTable& sessions, Session& session, std::uint32_t now,
                      std::span<const std::uint8_t> frame, const L3View& l3);

}  // namespace honeyswitch::dataplane
