// micro-benchmarks [--benchmark_filter=…] [SESSIONS]: SESSIONS is the largest table, 1,000,000 without it;
// 10,000,000 needs about 2 GiB of hugepages. Runs on CPU 1.
#include <cstdlib>

#include <benchmark/benchmark.h>

namespace honeyswitch::bench {
void register_stages(int most_sessions);
}

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    honeyswitch::bench::register_stages(argc > 1 ? std::atoi(argv[1]) : 1'000'000);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
