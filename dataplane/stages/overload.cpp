#include "dataplane/stages/overload.hpp"

#include <algorithm>
#include <bit>

namespace honeyswitch::dataplane {

BurstMask Overload::shed_unseen(const OutsideBurst& burst, const PolicyNotes& notes, BurstMask others) {
    left_ = newcomers_;
    sheds_ = newcomers_ < burst_size && context_.control_alive &&
             static_cast<unsigned>(std::popcount(others)) > std::min(newcomers_, lookups_);
    if (!sheds_) [[likely]]
        return others;
    const BurstMask dropped = beyond_limits(burst, others & ~burst.active() & ~notes.spared);
    drop(burst.packets(), dropped);
    return others & ~dropped;
}

BurstMask Overload::beyond_limits(const OutsideBurst& burst, BurstMask may_be_shed) const {
    BurstMask opening = 0;
    for_each(may_be_shed, [&](std::size_t i) {
        const rte_mbuf* const packet = burst.packets()[i];
        opening |= BurstMask{opens_connection(frame_of(packet), packet->pkt_len)} << i;
    });
    const BurstMask asking = may_be_shed & ~opening & burst.with_sessions();
    return beyond(opening, newcomers_) | beyond(asking, lookups_);
}

void Overload::drop(std::span<rte_mbuf* const> packets, BurstMask dropped) const {
    if (dropped == 0) return;
    if (context_.diverting != Diverting::all) [[unlikely]]
        return pass(packets, dropped);
    std::array<rte_mbuf*, burst_size> buffers;
    unsigned count = 0;
    for_each(dropped, [&](std::size_t i) { buffers[count++] = packets[i]; });
    context_.transmitter.discard(std::span(buffers).first(count), Counter::outside_dropped_overload);
}

/// What there is no time to decide about passes where everything may pass.
void Overload::pass(std::span<rte_mbuf* const> packets, BurstMask passing) const {
    for_each(passing, [&](std::size_t i) {
        if (context_.observes()) return context_.observe(packets[i], Counter::outside_dropped_overload);
        context_.send_inside(packets[i], Counter::outside_to_inside_maintenance);
    });
}

void Overload::drop_newcomers(Candidates& candidates, const Rules& rules) const {
    BurstMask newcomers = ~(candidates.active() | candidates.spared());
    for (std::size_t i = 0; i < candidates.count(); ++i)
        newcomers &= ~(BurstMask{candidates.session(i) != nullptr} << i);
    for_each(candidates.unusual(), [&](std::size_t i) {
        if (!candidates.valid(i) || rules.may_send_inside(candidates, i)) newcomers &= ~(BurstMask{1} << i);
    });
    const BurstMask dropped = beyond(newcomers & candidates.all(), newcomers_);
    candidates.set_shed(dropped);
    drop(candidates.packets(), dropped);
}

}  // namespace honeyswitch::dataplane
