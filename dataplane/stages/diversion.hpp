// To the honeypots: with a session, or without one.
//
// Needs candidates from outside whose sessions are found, and, for those without one, the policy's verdict. A
// packet without a session goes to the honeypot that its flow has begun with, or that a hash of its addresses
// chooses from its pool; what is noted of it lets the answer out. Each packet leaves here: to the honeypot,
// or, where none is in service, as its pool or its honeypot says.
#pragma once

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Diversion {
  public:
    Diversion(const StageContext& context, const Candidates& candidates)
        : context_(context), candidates_(candidates) {}

    /// Precondition: it has a session.
    void to_session(std::size_t candidate);
    /// Where nothing else can be done for it: to its session, if it has one.
    void without_control(std::size_t candidate) {
        if (candidates_.session(candidate) != nullptr) return to_session(candidate);
        without_session(candidate, Counter::outside_to_honeypot_no_session);
    }
    void without_session(std::size_t candidate, Counter reason);

  private:
    [[nodiscard]] HoneypotIndex note_pending(std::size_t candidate, HoneypotIndex chosen);
    void to_honeypot(std::size_t candidate, HoneypotAddress address, Counter reason) const;
    void to_no_honeypot(std::size_t candidate, bool dropped) const;

    const StageContext& context_;
    const Candidates& candidates_;
    /// Of the latest packet, in either table.
    PathNumber session_path_ = 0, pending_path_ = 0;
};

}  // namespace honeyswitch::dataplane
