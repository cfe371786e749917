// Two workers beside each other, each with half of the flows as RSS would deal them out, over the same
// tables. `cycles/packet` is one's, `neighbour` the other's in the same time. Two are as fast as so many
// alone: one's alone / one's beside the other + one's alone / the other's.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <rte_launch.h>
#include <rte_pause.h>

#include "tests/bench/micro/work.hpp"

namespace honeyswitch::bench {

namespace {

/// Carries bursts on lcore 1 until its end.
class Neighbour {
  public:
    Neighbour(FlowRange flows, std::uint32_t sessions) : work_(flows, sessions, 1) {
        if (rte_eal_remote_launch(run, this, 1) != 0) std::abort();  // one neighbour at a time
        while (bursts_ == 0) rte_pause();
    }
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    ~Neighbour() { end(); }

    /// Its own cycles per packet.
    double end() {
        stop_ = true;
        rte_eal_wait_lcore(1);
        return cycles_ / (static_cast<double>(bursts_) * burst_size);
    }

  private:
    static int run(void* self) {
        static_cast<Neighbour*>(self)->carry();
        return 0;
    }
    void carry() {
        const double began = cpu_cycles();
        for (; !stop_.load(std::memory_order_relaxed); bursts_.store(bursts_ + 1, std::memory_order_relaxed))
            work_.carry_burst();
        cycles_ = cpu_cycles() - began;
    }

    Work work_;
    alignas(64) std::atomic<bool> stop_ = false;
    std::atomic<std::uint64_t> bursts_ = 0;
    double cycles_ = 0;
};

void one_worker(benchmark::State& state, FlowRange half, std::uint32_t sessions) {
    Work work(half, sessions, 0);
    const PerPacket count(state);
    for (auto _ : state) work.carry_burst();
}

void two_workers(benchmark::State& state, FlowRange half, std::uint32_t sessions) {
    Work work(half, sessions, 0);
    Neighbour neighbour({half.kind, half.count, half.first + half.count}, sessions);
    {
        const PerPacket count(state);
        for (auto _ : state) work.carry_burst();
    }
    state.counters["neighbour"] = neighbour.end();
}

void register_pair(const std::string& name, FlowRange half, std::uint32_t sessions) {
    benchmark::RegisterBenchmark((name + "/1_worker").c_str(), one_worker, half, sessions);
    benchmark::RegisterBenchmark((name + "/2_workers").c_str(), two_workers, half, sessions);
}

}  // namespace

void register_workers(std::uint32_t most_sessions) {
    register_pair("workers_active", {Traffic::active, active_flows / 2, 0}, most_sessions);
    register_pair("workers_session", {Traffic::session, most_sessions / 2, 0}, most_sessions);
    register_pair("workers_reply", {Traffic::reply, most_sessions / 2, 0}, most_sessions);
}

}  // namespace honeyswitch::bench
