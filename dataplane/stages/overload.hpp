// What is left undone when more comes than the core carries, so that legitimate packets never wait behind
// what nobody asked for. All that has to do with it is here; how much may be carried is load_shedder.hpp's to
// find.
//
// Needs to be told of each poll of a port. Drops packets of new flows for inactive addresses alone, and,
// where that is not enough, look-ups for addresses with sessions; never what is for an active address, nor
// what rules or lists may send inside. Where nothing new is diverted, what would be dropped passes. In order:
// `shed_unseen` before anything is looked up, `shed_newcomers` when the look-up has found no session, and
// `carries_one_more` for what even rules had no word on.
#pragma once

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/load_shedder.hpp"
#include "dataplane/stages/outside.hpp"
#include "dataplane/stages/rules.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class Overload {
  public:
    explicit Overload(const StageContext& context) : context_(context), shedder_(context.config.layout) {}

    // The worker's loop

    /// As LoadShedder::polled. The limits of the next burst follow from it.
    void polled(PortIndex port, unsigned packets, bool legitimate) {
        shedder_.polled(port, packets, legitimate);
        set_limits(shedder_.newcomers(), shedder_.lookups());
    }
    /// Once a round: whether honeypots are not asked for packets in it. While legitimate packets wait they
    /// are asked in one round of 16.
    [[nodiscard]] bool honeypots_wait() {
        if (shedder_.link_waits() && ++rounds_without_honeypots_ < rounds_for_the_link) return true;
        rounds_without_honeypots_ = 0;
        return false;
    }
    /// From here until the next poll: how many packets of new flows may be carried in each burst from
    /// outside, and how many for inactive addresses may be looked up to find whether they belong to a
    /// session.
    void set_limits(unsigned newcomers, unsigned lookups = burst_size) {
        newcomers_ = newcomers;
        lookups_ = lookups;
    }

    // The stages, in this order, once a burst from outside

    /// Drops what is beyond the limits by its looks alone, of `others`: segments that ask for a new
    /// connection (they belong to no running session), and packets that are more than may be looked up.
    /// Returns which are still there.
    [[nodiscard]] BurstMask shed_unseen(const OutsideBurst& burst, const PolicyNotes& notes,
                                        BurstMask others);
    /// Drops what belongs to no session, is for an inactive address, and is more than may be carried.
    void shed_newcomers(Candidates& candidates, const Rules& rules) const {
        if (sheds_) [[unlikely]]
            drop_newcomers(candidates, rules);
    }
    /// How many packets of new flows may still be carried in this burst.
    [[nodiscard]] unsigned left() const { return left_; }
    /// One of them is about to be. False: there are enough already, and it is to be dropped.
    [[nodiscard]] bool carries_one_more() {
        if (left_ == 0) return false;
        --left_;
        return true;
    }

  private:
    static constexpr unsigned rounds_for_the_link = 16;

    [[nodiscard]] BurstMask beyond_limits(const OutsideBurst& burst, BurstMask may_be_shed) const;
    void drop(std::span<rte_mbuf* const> packets, BurstMask dropped) const;
    [[gnu::cold, gnu::noinline]] void pass(std::span<rte_mbuf* const> packets, BurstMask passing) const;
    void drop_newcomers(Candidates& candidates, const Rules& rules) const;

    const StageContext& context_;
    LoadShedder shedder_;
    unsigned rounds_without_honeypots_ = 0;
    unsigned newcomers_ = burst_size, lookups_ = burst_size;
    // Of the burst at hand
    unsigned left_ = 0;
    bool sheds_ = false;
};

}  // namespace honeyswitch::dataplane
