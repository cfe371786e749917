#include "tests/bench/load/generator.hpp"

#include <algorithm>

#include <rte_cycles.h>

#include "tests/bench/load/times.hpp"

namespace honeyswitch::bench {

namespace {

constexpr std::uint32_t usable_addresses = 65'534;

}  // namespace

Source::Source(SharedPage& page, unsigned port, unsigned queue, unsigned queues)
    : page_(page), counters_(page.received[port][queue]), port_(port), queue_(queue), queues_(queues) {}

void Source::read_class(unsigned index) {
    const Plan& plan = page_.plan;
    const ClassPlan& from = plan.classes[index];
    Cursor& cursor = cursors_[index];
    const auto share = static_cast<std::uint32_t>(from.count / queues_);
    const bool active = from.traffic == Traffic::active || from.traffic == Traffic::outbound;
    cursor.traffic = from.traffic;
    cursor.reversed = from_campus(from.traffic);
    cursor.count = share;
    cursor.first = static_cast<std::uint32_t>(from.first) + queue_ * share;
    cursor.next = 0;
    cursor.first_rank = active ? 1 : plan.active_addresses + 1;
    cursor.ranks = active ? plan.active_addresses : usable_addresses - plan.active_addresses;
    for (unsigned size = 0; size < size_count; ++size)
        for (const bool udp : {false, true})
            cursor.templates[size][udp] = make_template(from.traffic, index, udp, plan.frame_bytes[size]);
}

void Source::read_plan() {
    const Plan& plan = page_.plan;
    seed_ = plan.seed;
    selected_ = plan.source_port == port_;
    fingerprints_ = plan.fingerprints != 0;
    left_ = plan.limit == 0 ? ~std::uint64_t{0} : plan.limit / queues_;
    slot_ = 0;
    slot_class_ = plan.slot_class;
    slot_size_ = plan.slot_size;
    for (unsigned index = 0; index < class_count; ++index) read_class(index);
    handled_ = 0;
    started_ = polled_ = rte_rdtsc();
    const double per_second = static_cast<double>(plan.rate) / queues_;
    per_cycle_ = per_second / static_cast<double>(rte_get_tsc_hz());
    interval_ = plan.rate == 0 ? 0.0 : 1.0 / per_cycle_;
    ring_ = plan.ring;
    seen_ = 0;
    timed_ = plan.timed != 0 && plan.rate != 0;
    arrivals_.clear();
}

std::uint32_t Source::advance(Cursor& cursor) {
    const std::uint32_t number = cursor.first + cursor.next;
    cursor.next = cursor.next + 1 == cursor.count ? 0 : cursor.next + 1;
    return number;
}

void Source::write(rte_mbuf& mbuf) {
    const unsigned index = slot_class_[slot_], size = slot_size_[slot_];
    slot_ = slot_ + 1 == slot_count ? 0 : slot_ + 1;
    Cursor& cursor = cursors_[index];
    const Identity who = identity(advance(cursor), seed_, cursor.first_rank, cursor.ranks);
    const Template& base = cursor.templates[size][who.udp];
    auto* frame = rte_pktmbuf_mtod(&mbuf, std::byte*);
    write_frame(frame, base, who, cursor.reversed, timed_ ? next_stamp() : 0);
    mbuf.data_len = base.bytes;
    mbuf.pkt_len = base.bytes;
    ++taken_[index];
    if (fingerprints_) [[unlikely]]
        counters_.fingerprint[index] += fingerprint(frame, base.bytes);
}

std::uint64_t Source::next_stamp() {
    const double after = static_cast<double>(arrivals_.take() + 1) * interval_;
    return (started_ + static_cast<std::uint64_t>(after)) & stamp_mask;
}

bool Source::stalled(std::uint64_t since_last_poll) const {
    return packets_in(since_last_poll) > ring_ / 2;
}

void Source::miss(std::uint64_t packets, bool in_stall) {
    handled_ += packets;
    for (; packets > 0; --packets) {
        const unsigned index = slot_class_[slot_];
        slot_ = slot_ + 1 == slot_count ? 0 : slot_ + 1;
        static_cast<void>(advance(cursors_[index]));
        ++counters_.missed[index];
        counters_.missed_in_stalls[index] += in_stall ? 1 : 0;
    }
}

// The ring of a NIC: what has arrived since the last poll waits in it, what finds it full is lost. The loss
// is taken from the head instead of the tail, which is the same but for the order. It is not the same for how
// long the others have waited, so what Arrivals knows is lost at the tail.
std::uint64_t Source::arrived() {
    if (interval_ == 0.0) return left_;
    const std::uint64_t now = rte_rdtsc();
    const std::uint64_t due = packets_in(now - started_);
    if (timed_) arrivals_.add(seen_, std::min(due - seen_, ring_ - (seen_ - handled_)));
    seen_ = due;
    if (due - handled_ > ring_) [[unlikely]]
        miss(due - handled_ - ring_, stalled(now - polled_));
    polled_ = now;
    return std::min(due - handled_, left_);
}

std::uint16_t Source::receive(rte_mbuf** mbufs, std::uint16_t count) {
    // In the opposite order of their writing: whoever sees that a stream runs sees its plan, too.
    const bool running = page_.plan.running.load(std::memory_order_acquire) != 0;
    const std::uint32_t epoch = page_.plan.epoch.load(std::memory_order_acquire);
    if (epoch != epoch_) [[unlikely]] {
        epoch_ = epoch;
        read_plan();
    }
    std::uint16_t taken = 0;
    if (selected_ && running) {
        ++counters_.polls;
        counters_.starved += count == 0;
        taken = static_cast<std::uint16_t>(std::min<std::uint64_t>(arrived(), count));
        taken_ = {};
        for (unsigned i = 0; i < taken; ++i) write(*mbufs[i]);
        for (unsigned i = 0; i < class_count; ++i) counters_.packets[i] += taken_[i];
        handled_ += taken;
        left_ -= taken;
    }
    if (taken < count) rte_pktmbuf_free_bulk(mbufs + taken, count - taken);
    return taken;
}

}  // namespace honeyswitch::bench
