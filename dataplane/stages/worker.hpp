// A worker lcore: polls its queue of every port, and takes each burst through the pipeline.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/eal/counters.hpp"
#include "dataplane/eal/mbuf_ring.hpp"
#include "dataplane/eal/port.hpp"
#include "dataplane/eal/quiescence.hpp"
#include "dataplane/eal/side.hpp"
#include "dataplane/eal/switch_clock.hpp"
#include "dataplane/stages/pipeline.hpp"
#include "dataplane/stages/transmitter.hpp"

namespace honeyswitch::dataplane {

struct WorkerConfig {
    std::uint16_t index =
        0;  ///< of the worker, of its queue on every port, and of its place in the QSBR variable
    std::uint32_t idle_sleep_us = 0;  ///< after some rounds without a packet; 0: never sleeps
    std::uint32_t heartbeat_timeout_ms = 1000;
    PipelineConfig pipeline;
};

struct FreeTally {
    void operator()(ProgressTally* tally) const { rte_free(tally); }
};

class Worker {
  public:
    /// What it shares with others. `ports` by PortIndex.
    struct Shared {
        std::span<const Port> ports;
        const Tables& tables;
        Quiescence& quiescence;
        const Heartbeat& heartbeat;
        const SwitchClock& clock;
    };
    /// What is its own.
    struct Own {
        MbufRing packet_ins, packet_outs;
        ReplyLimiter limiter;
        std::unique_ptr<ProgressTally, FreeTally> tally;
    };
    Worker(const WorkerConfig& config, const Shared& shared, Own own);

    /// The loop, on the worker's lcore; returns after `stop`.
    void run();
    /// One turn of it: the time, the Packet-Outs that are there, and a burst from each port. Returns how many
    /// packets there were. It is for `run`, or for whoever is the loop.
    [[nodiscard]] unsigned round();
    /// Any thread.
    void stop() { stopping_.store(true, std::memory_order_relaxed); }

    /// Control thread: Packet-Ins come out here, …
    [[nodiscard]] MbufRing& packet_ins() { return packet_ins_; }
    /// … and Packet-Outs go in here, addressed already, with the PortIndex in `mbuf.port`. Whatever is in it
    /// is sent before the worker's next quiescent state.
    [[nodiscard]] MbufRing& packet_outs() { return packet_outs_; }
    /// Control thread: of the Packet-Ins that came out of `packet_ins` so many, from the first one on, are
    /// done with, and what became Packet-Outs is in `packet_outs`.
    void settle(std::uint64_t packet_ins) { settled_.store(packet_ins, std::memory_order_release); }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] std::uint64_t dropped_at(PortIndex port) const { return transmitter_.dropped_at(port); }
    /// Control thread: from a grace period on it sends nothing to this port.
    void give_up(PortIndex port) { transmitter_.give_up(port); }
    /// Any thread: frames from this port of which the driver handed over the beginning alone.
    [[nodiscard]] std::uint64_t cut_at(PortIndex port) const {
        return cut_[port].load(std::memory_order_relaxed);
    }
    /// What it has diverted without a session.
    [[nodiscard]] const ProgressTally& tally() const { return *tally_; }

  private:
    [[nodiscard]] unsigned poll(PortIndex index);
    [[nodiscard]] unsigned restore(PortIndex index, std::span<rte_mbuf*> packets);
    /// Whether there were legitimate packets among them.
    bool decide(PortIndex index, std::span<rte_mbuf*> packets);
    [[nodiscard]] unsigned send_packet_outs();
    void back_off();

    const WorkerConfig config_;
    const std::span<const Port> ports_;
    Quiescence& quiescence_;
    const Heartbeat& heartbeat_;
    const SwitchClock clock_;
    MbufRing packet_ins_;
    MbufRing packet_outs_;
    std::unique_ptr<ProgressTally, FreeTally> tally_;
    Counters counters_;
    Transmitter transmitter_;
    Pipeline pipeline_;
    unsigned idle_rounds_ = 0;
    std::array<std::atomic<std::uint64_t>, most_ports> cut_{};
    alignas(64) std::atomic<std::uint64_t> settled_{0};
    alignas(64) std::atomic<bool> stopping_{false};
};

}  // namespace honeyswitch::dataplane
