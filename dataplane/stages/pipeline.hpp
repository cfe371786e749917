// The decision of the switch, for one burst at a time, as the list of its stages. One Pipeline for each
// worker; it owns the packets that it is given and hands each of them on exactly once: to a port, or to the
// control thread.
//
// Each stage has a header of its own, which says what it needs and what it guarantees. What they share is the
// StageContext, and the candidates of the burst. All packets leave by the Transmitter.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <rte_mbuf.h>

#include "dataplane/eal/mbuf_ring.hpp"
#include "dataplane/stages/admission.hpp"
#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/diversion.hpp"
#include "dataplane/stages/hand_over.hpp"
#include "dataplane/stages/honeypot_side.hpp"
#include "dataplane/stages/inside.hpp"
#include "dataplane/stages/overload.hpp"
#include "dataplane/stages/reply_limiter.hpp"
#include "dataplane/stages/rules.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Pipeline {
  public:
    Pipeline(const Tables& tables, const PipelineConfig& config, MbufRing& packet_in,
             Transmitter& transmitter, Counters& counters, ProgressTally& tally, ReplyLimiter limiter)
        : context_{tables, config, transmitter, counters, tally},
          hand_over_(context_, candidates_, packet_in),
          honeypot_side_(context_, candidates_, hand_over_, std::move(limiter)) {}
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Once a round, before the bursts: milliseconds of the switch's clock, modulo 2^32, and whether the
    /// control thread is alive. When it is not, no domain is known (the link fails open); sessions go on.
    void set_time(std::uint32_t now_ms, bool control_alive) {
        context_.now = now_ms;
        context_.control_alive = control_alive;
    }
    /// Once a round, before the bursts and before Packet-Outs are sent: how many of the packets that this has
    /// handed to the control thread have come back from it, or were dropped there.
    void set_settled(std::uint64_t packets) { hand_over_.set_settled(packets); }
    /// Is told of each poll of a port, and says when honeypots are not asked.
    [[nodiscard]] Overload& overload() { return overload_; }

    // Each takes a burst of 1 to `burst_size` packets over. `port`: that they came in by, of this side.

    /// Whether some of them were for active addresses, as legitimate packets are.
    bool from_outside(std::span<rte_mbuf*> packets, PortIndex port);
    void from_inside(std::span<rte_mbuf*> packets, PortIndex port);
    void from_honeypot(std::span<rte_mbuf*> packets, PortIndex port);
    /// From both sides: each is decided, counted and recorded as in observe mode, and all end here.
    void from_mirror(std::span<rte_mbuf*> packets, PortIndex port);

  private:
    bool decide_burst(std::span<rte_mbuf*> packets);
    void decide_outside(std::size_t candidate);
    void to_inside(std::size_t candidate);
    void drop_by_rule(rte_mbuf* packet) const;

    StageContext context_;
    Candidates candidates_;
    Rules rules_{context_};
    Inside inside_{context_};
    Overload overload_{context_};
    HandOver hand_over_;
    Diversion diversion_{context_, candidates_};
    Admission admission_{context_, candidates_, {overload_, hand_over_, diversion_}};
    HoneypotSide honeypot_side_;
};

}  // namespace honeyswitch::dataplane
