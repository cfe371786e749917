// What the micro-benchmarks share: EAL, the tables of a campus with 9,900 active addresses, three ports that
// swallow what they are sent, and bursts of the same traffic that tools/bench sends.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>
#include <time.h>

#include <rte_cycles.h>

#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/eal.hpp"
#include "dataplane/stages/pipeline.hpp"
#include "tests/bench/load/frames.hpp"

namespace honeyswitch::bench {

using dataplane::burst_size;

inline constexpr std::uint32_t active_addresses = 9'900;
inline constexpr std::uint32_t active_flows = 65'536;

/// What cannot be made ends the process.
template <typename T>
T or_end(std::expected<T, Error> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(1);
}

/// Different frames of one kind, one after the other, over `flows` 5-tuples from number `first` on.
class Traffic64 {
  public:
    Traffic64(Traffic traffic, std::uint32_t flows, std::uint32_t first = 0);

    /// The next frame, 64 bytes with FCS.
    void write(std::byte* frame);
    [[nodiscard]] Identity next();

  private:
    Traffic traffic_;
    std::uint32_t flows_, first_, number_ = 0;
    std::array<Template, 2> templates_;
};

[[nodiscard]] dataplane::SessionKey key_of(const Identity& who);

/// What each worker has of its own.
struct WorkerPart {
    dataplane::ProgressTally tally;
    dataplane::Counters counters;
    std::optional<dataplane::MbufRing> packet_ins;
    std::optional<dataplane::Transmitter> transmitter;
};

/// Lcore 0 runs on CPU 1, lcore 1 on CPU 0.
inline constexpr unsigned worker_count = 2;

/// Lives as long as the process.
class World {
  public:
    static World& get();

    /// A session table with the sessions of Traffic::session 0 … count - 1, and the marks of their
    /// destinations. The latest one is kept for the next caller of the same size.
    dataplane::SessionTable& sessions(std::uint32_t count);
    /// `burst_size` fresh buffers with frames.
    void fill(std::span<rte_mbuf*> packets, Traffic64& traffic);

    /// What the first worker has handed over since, a burst at most. Returns how many.
    [[nodiscard]] unsigned free_packet_ins();

    /// Empty, with room for 131,072 sources.
    [[nodiscard]] dataplane::SourceTable& sources() { return *sources_; }
    [[nodiscard]] dataplane::AddressTable& addresses() { return *addresses_; }
    [[nodiscard]] const std::array<std::uint16_t, dataplane::most_ports>& ports() const { return ports_; }
    [[nodiscard]] dataplane::Pipeline pipeline(std::uint32_t session_count, unsigned worker = 0);
    [[nodiscard]] dataplane::Modes& modes() { return modes_; }
    [[nodiscard]] dataplane::Transmitter& transmitter(unsigned worker = 0) {
        return *workers_[worker]->transmitter;
    }

  private:
    World();

    dataplane::Eal eal_;
    dataplane::BufferPool buffers_;
    std::array<std::uint16_t, dataplane::most_ports> ports_;
    dataplane::Quiescence quiescence_;
    std::unique_ptr<dataplane::AddressTable> addresses_;
    std::unique_ptr<dataplane::SessionTable> sessions_;
    std::uint32_t session_count_ = 0;
    dataplane::HoneypotTable honeypots_;
    dataplane::PoolTable pools_;
    std::unique_ptr<dataplane::PendingTable> pending_;
    std::unique_ptr<dataplane::OwnFlows> own_flows_;
    std::unique_ptr<dataplane::SourceTable> sources_;
    dataplane::CurrentClassifier classifier_;
    dataplane::Modes modes_;
    std::array<std::unique_ptr<WorkerPart>, worker_count> workers_;
};

/// CPU time of the calling thread so far, in cycles of the TSC.
[[nodiscard]] inline double cpu_cycles() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9) *
           static_cast<double>(rte_get_tsc_hz());
}

/// Counts the CPU time between its making and its end, per packet, in cycles of the TSC. What other processes
/// take of the CPU is not in it.
class PerPacket {
  public:
    explicit PerPacket(benchmark::State& state) : state_(state), began_(cpu_cycles()) {}
    PerPacket(const PerPacket&) = delete;
    PerPacket& operator=(const PerPacket&) = delete;
    ~PerPacket() {
        const auto packets = static_cast<double>(state_.iterations()) * burst_size;
        state_.counters["cycles/packet"] = (cpu_cycles() - began_) / packets;
        state_.SetItemsProcessed(static_cast<std::int64_t>(packets));
    }

  private:
    benchmark::State& state_;
    double began_;
};

}  // namespace honeyswitch::bench
