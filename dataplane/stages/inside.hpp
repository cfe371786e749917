// From inside: everything passes. What it tells is in effect before it leaves: whose address is in use, and
// whose flows are the inside's own.
//
// `note` needs the packets of a burst from inside and changes none of them. When it returns, their sources
// are sighted, the flows that rules or lists might divert are noted as the host's own, and sessions with a
// honeypot have ended whose flow the inside sends on itself: no answer to these packets can come too early.
#pragma once

#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Inside {
  public:
    explicit Inside(const StageContext& context) : context_(context) {}

    void note(std::span<rte_mbuf* const> packets) const;

    /// Of a candidate from outside that has a session: that has ended, or ends now because it has outlived
    /// its address for long enough.
    [[nodiscard]] bool owns(const Candidates& candidates, std::size_t candidate) const {
        Session& session = *candidates.session(candidate);
        if (session.ended.load(std::memory_order_relaxed)) [[unlikely]]
            return true;
        if (!candidates.active(candidate)) [[likely]]
            return false;
        return candidates.judgement(candidate).verdict != Judgement::Verdict::divert && outlived(session);
    }

  private:
    [[nodiscard]] bool outlived(Session& session) const;
    /// `sources`: of the packets, 0 unless they are IPv4; host byte order.
    void note_own_flows(std::span<rte_mbuf* const> packets, std::span<const std::uint32_t> sources) const;
    void take_back(std::span<rte_mbuf* const> packets, BurstMask of_hosts_with_sessions) const;

    const StageContext& context_;
};

}  // namespace honeyswitch::dataplane
