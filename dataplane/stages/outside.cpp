#include "dataplane/stages/outside.hpp"

#include <bit>

namespace honeyswitch::dataplane {
namespace {

/// Of a frame that has no destination, or 0.0.0.0.
Counter pass_reason(rte_mbuf* packet) {
    const L3Result result = parse_l3(frame_of(packet), packet->pkt_len).result;
    if (result == L3Result::ipv4) return Counter::outside_to_inside_active;
    const bool malformed = result == L3Result::frame_too_short || result == L3Result::bad_ipv4_header ||
                           result == L3Result::too_many_tags;
    return malformed ? Counter::outside_to_inside_malformed : Counter::outside_to_inside_not_ipv4;
}

}  // namespace

/// In order. Returns how many there are.
std::size_t OutsideBurst::move_to_front(BurstMask chosen) {
    if (chosen == all()) return packets_.size();
    std::size_t count = 0;
    for_each(chosen, [&](std::size_t i) { packets_[count++] = packets_[i]; });
    return count;
}

void OutsideBurst::send_at_once(BurstMask passing, Transmitter& transmitter, PortIndex inside) {
    const BurstMask strange = of_chosen(having_zero(destinations_) & passing, passing);
    const auto front = packets_.first(move_to_front(passing));
    std::array<OddPacket, burst_size> odd;
    std::size_t odd_count = 0;
    for_each(strange, [&](std::size_t i) {
        odd[odd_count++] = {static_cast<std::uint8_t>(i), pass_reason(front[i])};
    });
    transmitter.send(front, {Counter::outside_to_inside_active, inside}, std::span(odd).first(odd_count));
}

void OutsideBurst::note_at_once(BurstMask passing, Transmitter& transmitter, PortIndex inside) const {
    for_each(passing, [&](std::size_t i) {
        const Counter reason =
            destinations_[i] == 0 ? pass_reason(packets_[i]) : Counter::outside_to_inside_active;
        transmitter.note(packets_[i], {reason, inside});
    });
}

}  // namespace honeyswitch::dataplane
