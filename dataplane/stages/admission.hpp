// How a session begins: with any packet, or with the one that follows the honeypot's answer.
//
// Needs candidates from outside without a session of their own, on which the policy has had its word. Each
// packet leaves here, or is noted for the control thread, or goes to a honeypot without a session until there
// is one. Carries no more of them in a burst than Overload allows.
#pragma once

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/diversion.hpp"
#include "dataplane/stages/hand_over.hpp"
#include "dataplane/stages/overload.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Admission {
  public:
    /// The stages that it uses.
    struct Others {
        Overload& overload;
        HandOver& hand_over;
        Diversion& diversion;
    };
    Admission(const StageContext& context, const Candidates& candidates, const Others& others)
        : context_(context),
          candidates_(candidates),
          overload_(others.overload),
          hand_over_(others.hand_over),
          diversion_(others.diversion) {}

    /// Before the first is decided: packets without a session may be looked up and noted among the pending
    /// flows, each in a line of its own.
    void prefetch() const;
    /// For an address that is inactive.
    void decide(std::size_t candidate);
    /// For an active address, and rules or lists divert what begins a connection. The host may have
    /// connections of its own from before, and answers to its own are not for the honeypot.
    void decide_decoy(std::size_t candidate);

  private:
    /// How a packet without a session could begin one.
    enum class Opening : std::uint8_t { request, answer, other };

    [[nodiscard]] Opening opening_of(std::size_t candidate) const;
    [[nodiscard]] bool may_follow(std::size_t candidate, Opening opening) const;
    [[nodiscard]] bool follows_an_answer(std::size_t candidate, Opening opening) const;
    [[nodiscard]] PacketInReason reason_to_ask(std::size_t candidate) const;
    void decide_backscatter(std::size_t candidate);
    [[gnu::cold, gnu::noinline]] void decide_in_maintenance(std::size_t candidate);

    const StageContext& context_;
    const Candidates& candidates_;
    Overload& overload_;
    HandOver& hand_over_;
    Diversion& diversion_;
};

}  // namespace honeyswitch::dataplane
