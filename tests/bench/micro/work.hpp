// What a worker does with one kind of traffic, burst by burst: make it, decide, and send.
#pragma once

#include <array>
#include <cstdint>

#include "tests/bench/micro/world.hpp"

namespace honeyswitch::bench {

using Burst = std::array<rte_mbuf*, burst_size>;

/// Flows `first` … `first + count - 1` of a kind.
struct FlowRange {
    Traffic kind;
    std::uint32_t count, first;
};

/// Shares no cache line with another.
class alignas(64) Work {
  public:
    /// With `sessions` in place. `newcomers`: as in Overload::set_limits.
    Work(FlowRange flows, std::uint32_t sessions, unsigned worker, unsigned newcomers = burst_size)
        : kind_(flows.kind),
          pipeline_(World::get().pipeline(sessions, worker)),
          transmitter_(World::get().transmitter(worker)),
          traffic_(flows.kind, flows.count, flows.first) {
        pipeline_.set_time(1000, true);
        pipeline_.overload().set_limits(newcomers);
    }

    void carry_burst() {
        World::get().fill(packets_, traffic_);
        if (kind_ == Traffic::reply)
            pipeline_.from_honeypot(packets_, dataplane::PortLayout().honeypot_port(0));
        else if (from_campus(kind_))
            pipeline_.from_inside(packets_, dataplane::inside_of(0));
        else
            pipeline_.from_outside(packets_, dataplane::outside_of(0));
        transmitter_.flush();
    }

  private:
    Traffic kind_;
    dataplane::Pipeline pipeline_;
    dataplane::Transmitter& transmitter_;
    Traffic64 traffic_;
    Burst packets_;
};

}  // namespace honeyswitch::bench
