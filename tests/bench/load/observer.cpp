#include "tests/bench/load/observer.hpp"

#include <algorithm>

#include <rte_cycles.h>

#include "tests/bench/load/frames.hpp"
#include "tests/bench/load/times.hpp"

namespace honeyswitch::bench {

Sink::Sink(SharedPage& page, unsigned port, unsigned queue)
    : page_(page), counters_(page.sent[port][queue]), times_(page.times[port][queue]) {}

// A byte of `tally` for each class, so that counting a packet is one addition to a register.
void Sink::count_some(rte_mbuf* const* mbufs, unsigned count) {
    static_assert(class_count == 8);
    std::uint64_t tally = 0;
    for (unsigned i = 0; i < count; ++i)
        tally += std::uint64_t{1} << 8 * class_of(rte_pktmbuf_mtod(mbufs[i], const std::byte*));
    for (unsigned i = 0; i < class_count; ++i) counters_.packets[i] += tally >> 8 * i & 0xff;
}

void Sink::add_fingerprints(rte_mbuf* const* mbufs, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        const auto* frame = rte_pktmbuf_mtod(mbufs[i], const std::byte*);
        counters_.fingerprint[class_of(frame)] += fingerprint(frame, mbufs[i]->pkt_len);
    }
}

// The clock is read once for a burst: it leaves as a whole.
void Sink::add_times(rte_mbuf* const* mbufs, unsigned count) {
    const std::uint64_t now = rte_rdtsc();
    const std::uint32_t timed = page_.plan.timed;
    for (unsigned i = 0; i < count; ++i) {
        const auto* frame = rte_pktmbuf_mtod(mbufs[i], const std::byte*);
        if ((timed >> class_of(frame) & 1) != 0) ++times_[bucket_of((now - stamp_of(frame)) & stamp_mask)];
    }
}

void Sink::transmit(rte_mbuf* const* mbufs, std::uint16_t count) {
    constexpr unsigned tally_limit = 255;
    if (page_.plan.fingerprints != 0) [[unlikely]]
        add_fingerprints(mbufs, count);
    if (page_.plan.timed != 0) [[unlikely]]
        add_times(mbufs, count);
    for (unsigned done = 0; done < count; done += tally_limit)
        count_some(mbufs + done, std::min(count - done, tally_limit));
}

}  // namespace honeyswitch::bench
