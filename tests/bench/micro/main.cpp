// micro-benchmarks [--benchmark_filter=…] [SESSIONS]: SESSIONS is the largest table, 1,000,000 without it;
// 10,000,000 needs about 2 GiB of hugepages. Runs on CPU 1, and with two workers on CPU 0 as well.
#include <cstdint>
#include <cstdlib>

#include <benchmark/benchmark.h>

namespace honeyswitch::bench {
void register_stages(int most_sessions);
void register_workers(std::uint32_t most_sessions);
}  // namespace honeyswitch::bench

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const int most_sessions = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
    honeyswitch::bench::register_stages(most_sessions);
    honeyswitch::bench::register_workers(static_cast<std::uint32_t>(most_sessions));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
