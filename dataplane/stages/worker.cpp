#include "dataplane/stages/worker.hpp"

#include <algorithm>

#include <unistd.h>

#include <rte_ethdev.h>

#include "dataplane/eal/kernel_sockets.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr unsigned idle_rounds_before_sleep = 256;

/// DPDK's numbers of the ports.
std::array<std::uint16_t, most_ports> ids_of(std::span<const Port> ports) {
    std::array<std::uint16_t, most_ports> ids{};
    std::ranges::transform(ports, ids.begin(), &Port::id);
    return ids;
}

}  // namespace

Worker::Worker(const WorkerConfig& config, const Shared& shared, Own own)
    : config_(config),
      ports_(shared.ports),
      quiescence_(shared.quiescence),
      heartbeat_(shared.heartbeat),
      clock_(shared.clock),
      packet_ins_(std::move(own.packet_ins)),
      packet_outs_(std::move(own.packet_outs)),
      tally_(std::move(own.tally)),
      transmitter_(ids_of(ports_), ports_.size(), config.pipeline.layout, config.index, counters_),
      pipeline_(shared.tables, config.pipeline, packet_ins_, transmitter_, counters_, *tally_,
                std::move(own.limiter)) {}

void Worker::run() {
    quiescence_.online(config_.index);
    while (!stopping_.load(std::memory_order_relaxed)) {
        const Quiescence::Barrier begun = quiescence_.begun();
        const bool busy = round() != 0;
        quiescence_.quiescent(config_.index, begun);
        if (busy)
            idle_rounds_ = 0;
        else
            back_off();
    }
    quiescence_.offline(config_.index);
}

unsigned Worker::round() {
    const std::uint64_t now = clock_.now_ms();
    pipeline_.set_time(static_cast<std::uint32_t>(now),
                       !heartbeat_.silent_for(now, config_.heartbeat_timeout_ms));
    pipeline_.set_settled(settled_.load(std::memory_order_acquire));
    unsigned packets = send_packet_outs();
    const unsigned link_ports = config_.pipeline.layout.link_ports();
    for (unsigned index = 0; index < link_ports; ++index) packets += poll(static_cast<PortIndex>(index));
    // Neither do mirrors hold up the links.
    if (pipeline_.overload().honeypots_wait()) return packets;
    for (std::size_t index = link_ports; index < ports_.size(); ++index)
        packets += poll(static_cast<PortIndex>(index));
    return packets;
}

bool Worker::decide(PortIndex index, std::span<rte_mbuf*> packets) {
    switch (config_.pipeline.layout.side_of(index)) {
        case Side::outside:
            return pipeline_.from_outside(packets, index);
        case Side::inside:
            pipeline_.from_inside(packets, index);
            return true;
        case Side::mirror:
            pipeline_.from_mirror(packets, index);
            return false;
        case Side::honeypot:
            pipeline_.from_honeypot(packets, index);
            return false;
    }
    return false;
}

/// For ports of AF_PACKET. Tags that the driver took out of the frame go back in: everything behind reads
/// frames as they were on the wire. A frame that did not fit the socket's ring is no frame any more, and is
/// dropped.
unsigned Worker::restore(PortIndex index, std::span<rte_mbuf*> packets) {
    unsigned kept = 0, cut = 0;
    for (rte_mbuf* packet : packets) {
        // Another driver may not send chains: it would send the beginning alone.
        if (was_cut(*packet) || (packet->nb_segs > 1 && rte_pktmbuf_linearize(packet) != 0)) {
            ++cut;
            transmitter_.discard(packet, Counter::dropped_too_long);
        } else if ((packet->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && rte_vlan_insert(&packet) != 0) {
            transmitter_.discard(packet, Counter::dropped_no_headroom);
        } else {
            packets[kept++] = packet;
        }
    }
    if (cut != 0)
        cut_[index].store(cut_[index].load(std::memory_order_relaxed) + cut, std::memory_order_relaxed);
    return kept;
}

unsigned Worker::poll(PortIndex index) {
    const Port& port = ports_[index];
    if (config_.index >= port.rx_queues()) {
        // It may have been given up with a full ring, which is nobody's now.
        pipeline_.overload().polled(index, 0, false);
        return 0;
    }
    std::array<rte_mbuf*, burst_size> packets;
    const unsigned polled = rte_eth_rx_burst(port.id(), config_.index, packets.data(), burst_size);
    unsigned count = polled;
    if (count == 0) {
        pipeline_.overload().polled(index, 0, false);
        return 0;
    }
    for (unsigned i = 0; i < count; ++i) rte_prefetch0(rte_pktmbuf_mtod(packets[i], void*));
    if (port.needs_restoring()) count = restore(index, std::span(packets).first(count));
    const bool legitimate = count != 0 && decide(index, std::span(packets).first(count));
    pipeline_.overload().polled(index, polled, legitimate);
    transmitter_.flush();
    return count;
}

unsigned Worker::send_packet_outs() {
    if (packet_outs_.empty()) return 0;
    // The control thread sends nothing by a mirror's port; if it did, it would be unsent there.
    constexpr std::array reasons{Counter::packet_out_outside, Counter::packet_out_inside,
                                 Counter::packet_out_honeypot, Counter::packet_out_outside};
    unsigned sent = 0;
    std::array<rte_mbuf*, burst_size> packets;
    // Ends: the control thread cannot put more than a ring behind what it has put there already.
    for (unsigned left = packet_outs_.capacity(); left != 0;) {
        const unsigned count = packet_outs_.take(std::span(packets).first(std::min(left, burst_size)));
        if (count == 0) break;
        for (unsigned i = 0; i < count; ++i) {
            const auto port = static_cast<PortIndex>(packets[i]->port);
            const Side side = config_.pipeline.layout.side_of(port);
            transmitter_.send(packets[i], {reasons.at(static_cast<std::size_t>(side)), port});
        }
        left -= count;
        sent += count;
    }
    transmitter_.flush();
    return sent;
}

void Worker::back_off() {
    if (config_.idle_sleep_us == 0 || ++idle_rounds_ < idle_rounds_before_sleep) return;
    usleep(config_.idle_sleep_us);
}

}  // namespace honeyswitch::dataplane
