// A worker lcore: polls its queue of every port, and takes each burst through the pipeline.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/counters.hpp"
#include "dataplane/mbuf_ring.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/port.hpp"
#include "dataplane/quiescence.hpp"
#include "dataplane/side.hpp"
#include "dataplane/switch_clock.hpp"
#include "dataplane/transmitter.hpp"

namespace honeyswitch::dataplane {

struct WorkerConfig {
    std::uint16_t index =
        0;  ///< of the worker, of its queue on every port, and of its place in the QSBR variable
    std::uint32_t idle_sleep_us = 0;  ///< after some rounds without a packet; 0: never sleeps
    std::uint32_t heartbeat_timeout_ms = 1000;
    PipelineConfig pipeline;
};

class Worker {
  public:
    Worker(const WorkerConfig& config, const std::array<const Port*, side_count>& ports, const Tables& tables,
           Quiescence& quiescence, const Heartbeat& heartbeat, const SwitchClock& clock, MbufRing punt,
           MbufRing egress);

    /// The loop, on the worker's lcore; returns after `stop`.
    void run();
    /// Any thread.
    void stop() { stopping_.store(true, std::memory_order_relaxed); }

    /// Control thread: Packet-Ins come out here, …
    [[nodiscard]] MbufRing& punts() { return punt_; }
    /// … and Packet-Outs go in here, addressed already, with the Side in `mbuf.port`. Whatever is in it is
    /// sent before the worker's next quiescent state.
    [[nodiscard]] MbufRing& egress() { return egress_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }

  private:
    using Stage = void (Pipeline::*)(std::span<rte_mbuf*>);

    [[nodiscard]] unsigned round();
    [[nodiscard]] unsigned poll(Side side, Stage stage);
    [[nodiscard]] unsigned send_packet_outs();
    void back_off();

    const WorkerConfig config_;
    const std::array<const Port*, side_count> ports_;
    Quiescence& quiescence_;
    const Heartbeat& heartbeat_;
    const SwitchClock clock_;
    MbufRing punt_;
    MbufRing egress_;
    Counters counters_;
    Transmitter transmitter_;
    Pipeline pipeline_;
    unsigned idle_rounds_ = 0;
    alignas(64) std::atomic<bool> stopping_{false};
};

}  // namespace honeyswitch::dataplane
