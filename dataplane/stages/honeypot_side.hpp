// What may leave the honeypots: replies of sessions, answers to what was diverted without one, and little
// else.
//
// Needs a burst that came in by one honeypot port. Each packet of it leaves, is dropped for a reason, or is
// noted for the control thread. Whatever leaves, by whatever way, has been asked where it comes from, that it
// does not go to the campus, and that it is within the caps (open containment asks the caps alone).
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <rte_mbuf.h>

#include "base/l2_path.hpp"
#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/hand_over.hpp"
#include "dataplane/stages/reply_limiter.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class HoneypotSide {
  public:
    HoneypotSide(const StageContext& context, Candidates& candidates, HandOver& hand_over,
                 ReplyLimiter limiter)
        : context_(context), candidates_(candidates), hand_over_(hand_over), limiter_(std::move(limiter)) {}

    /// What open containment sends is sent back the way that this frame from outside came.
    void remember_path(const rte_mbuf* packet);

    /// The packets of a burst: those with IPv4 become the candidates, all others
    /// leave.
    void take(std::span<rte_mbuf* const> packets);
    /// Decides on all candidates, whose sessions are found.
    void decide();
    /// The way to the control thread was full.
    void refused(const HandOver::Refused& refused);

  private:
    void take_other(rte_mbuf* packet, const L3View& l3);
    void decide(std::size_t candidate);
    void decide_without_session(std::size_t candidate);
    void ask_to_leave(std::size_t candidate, PacketInReason reason);
    [[nodiscard]] bool comes_from(HoneypotIndex honeypot, std::size_t candidate) const;
    [[nodiscard]] HoneypotIndex sender_of(std::size_t candidate);
    [[nodiscard]] bool within_caps(std::size_t candidate, Be32 address, HoneypotIndex honeypot);
    void lead_companion(std::size_t candidate, const Session& session) const;
    void reply(std::size_t candidate, Session& session);
    void send_reply(std::size_t candidate, Session& session) const;
    void reply_without_session(std::size_t candidate, PendingFlow flow);
    [[gnu::cold, gnu::noinline]] void drop_without_way_back(rte_mbuf* packet) const;
    void send_back(std::size_t candidate, const L2Path& path, Counter reason) const;
    void contain(std::size_t candidate, Counter reason);

    const StageContext& context_;
    Candidates& candidates_;
    HandOver& hand_over_;
    ReplyLimiter limiter_;
    unsigned port_ = 0;                ///< number of this burst's port among those towards honeypots
    HoneypotIndex latest_sender_ = 0;  ///< of what had no session
    L2Path latest_path_;               ///< of the latest packet from outside; for open containment alone
};

}  // namespace honeyswitch::dataplane
