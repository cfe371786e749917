// What the operator's rules and lists say of packets from outside (priority 2 and 5).
//
// `note` is asked of a whole burst, before anything is decided: it finds those that the policy may have a
// word on, by one bit of the destination and one of the source. `judge` is asked of candidates whose sessions
// are found, and says what the policy does say. Without rules and lists neither looks at a packet.
#pragma once

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/outside.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Rules {
  public:
    explicit Rules(const StageContext& context) : context_(context) {}

    /// Which packets rules or lists may have a word on, whatever their destination.
    [[nodiscard]] PolicyNotes note(const OutsideBurst& burst) const {
        if (!context_.policy_concerns_any()) [[likely]]
            return {};
        return note_concerned(burst);
    }
    /// The verdict on each candidate that may need one: those without a session, and those that are concerned
    /// whether they have one or not. Those that were shed are left out, and those that belong to an active
    /// host's own flow, which go inside whatever the policy says.
    void judge(Candidates& candidates) const {
        if (!context_.classifier->has_rules() && !context_.tables.sources.holds_any()) [[likely]]
            return candidates.judge_none();
        judge_all(candidates);
    }
    /// The candidate may be sent inside although its destination is inactive. Unlike `PolicyNotes::spared`
    /// this sees an ICMP error as the packet that it quotes.
    [[nodiscard]] bool may_send_inside(const Candidates& candidates, std::size_t candidate) const;

  private:
    [[nodiscard]] PolicyNotes note_concerned(const OutsideBurst& burst) const;
    void judge_all(Candidates& candidates) const;
    [[nodiscard]] BurstMask find_own_flows(Candidates& candidates) const;

    const StageContext& context_;
};

}  // namespace honeyswitch::dataplane
