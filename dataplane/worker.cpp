#include "dataplane/worker.hpp"

#include <unistd.h>

#include <rte_ethdev.h>

namespace honeyswitch::dataplane {
namespace {

constexpr unsigned idle_rounds_before_sleep = 256;

/// Tags that the driver took out of the frame go back in: everything behind reads frames as they were on the
/// wire.
unsigned restore_tags(std::span<rte_mbuf*> packets) {
    unsigned kept = 0;
    for (rte_mbuf* packet : packets) {
        if ((packet->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && rte_vlan_insert(&packet) != 0) {
            rte_pktmbuf_free(packet);
            continue;
        }
        packets[kept++] = packet;
    }
    return kept;
}

}  // namespace

Worker::Worker(const WorkerConfig& config, const std::array<const Port*, side_count>& ports,
               const Tables& tables, Quiescence& quiescence, const Heartbeat& heartbeat,
               const SwitchClock& clock, MbufRing punt, MbufRing egress)
    : config_(config),
      ports_(ports),
      quiescence_(quiescence),
      heartbeat_(heartbeat),
      clock_(clock),
      punt_(std::move(punt)),
      egress_(std::move(egress)),
      transmitter_({ports[0]->id(), ports[1]->id(), ports[2]->id()}, config.index, counters_),
      pipeline_(tables, config.pipeline, punt_, transmitter_, counters_) {}

void Worker::run() {
    quiescence_.online(config_.index);
    while (!stopping_.load(std::memory_order_relaxed)) {
        const Quiescence::Token begun = quiescence_.begun();
        const bool busy = round() != 0;
        quiescence_.report(config_.index, begun);
        if (busy)
            idle_rounds_ = 0;
        else
            back_off();
    }
    quiescence_.offline(config_.index);
}

unsigned Worker::round() {
    const auto now = static_cast<std::uint32_t>(clock_.now_ms());
    pipeline_.set_time(now, !heartbeat_.silent_for(now, config_.heartbeat_timeout_ms));
    unsigned packets = send_packet_outs();
    packets += poll(Side::outside, &Pipeline::from_outside);
    packets += poll(Side::inside, &Pipeline::from_inside);
    packets += poll(Side::honeypot, &Pipeline::from_honeypot);
    return packets;
}

unsigned Worker::poll(Side side, Stage stage) {
    const Port& port = *ports_[static_cast<std::size_t>(side)];
    if (config_.index >= port.rx_queues()) return 0;
    std::array<rte_mbuf*, burst_size> packets;
    unsigned count = rte_eth_rx_burst(port.id(), config_.index, packets.data(), burst_size);
    if (count == 0) return 0;
    for (unsigned i = 0; i < count; ++i) rte_prefetch0(rte_pktmbuf_mtod(packets[i], void*));
    if (port.strips_vlan()) count = restore_tags(std::span(packets).first(count));
    if (count != 0) (pipeline_.*stage)(std::span(packets).first(count));
    transmitter_.flush();
    return count;
}

unsigned Worker::send_packet_outs() {
    if (egress_.empty()) return 0;
    constexpr std::array counted{Counter::packet_out_outside, Counter::packet_out_inside,
                                 Counter::packet_out_honeypot};
    unsigned sent = 0;
    std::array<rte_mbuf*, burst_size> packets;
    // Ends: the control thread cannot put more than a ring behind what it has put there already.
    for (unsigned left = egress_.capacity(); left != 0;) {
        const unsigned count = egress_.take(std::span(packets).first(std::min(left, burst_size)));
        if (count == 0) break;
        for (unsigned i = 0; i < count; ++i) {
            const auto side = static_cast<Side>(packets[i]->port);
            counters_.add(counted.at(static_cast<std::size_t>(side)));
            transmitter_.send(side, packets[i]);
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
