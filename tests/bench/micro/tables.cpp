// What the operator's policy and sessions that have not begun cost: each table alone, for the keys of a
// burst. The keys are computed from the flow's number, which `session_keys` measures alone: subtract it.
#include <random>

#include <netinet/in.h>

#include "tests/bench/micro/world.hpp"

namespace honeyswitch::bench {

using namespace dataplane;

namespace {

constexpr std::uint32_t many = 1'000'000, now = 1000;  // flows; milliseconds of the switch's clock
using Keys = std::array<SessionKey, burst_size>;
using Hashes = std::array<std::uint64_t, burst_size>;

void next_keys(Keys& keys, Traffic64& traffic) {
    for (SessionKey& key : keys) key = key_of(traffic.next());
}

/// As in the pipeline: all of a burst are hashed, then their buckets asked for, then they are looked up.
void next_hashes(Hashes& hashes, Traffic64& traffic, const PendingTable& table) {
    static const SessionHash hash({0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb});
    Keys keys;
    next_keys(keys, traffic);
    std::ranges::transform(keys, hashes.begin(), [](const SessionKey& key) { return hash.wide(key); });
    for (const std::uint64_t flow : hashes) table.prefetch(flow);
}

void note(PendingTable& table, std::uint64_t flow) {
    static PathNumber latest = 0;
    constexpr std::array<std::uint8_t, 64> frame{};
    benchmark::DoNotOptimize(
        table.diverted(flow, 0, frame.data(), 0, 0, latest, now, [](HoneypotIndex) { return true; }));
}

/// Rules that match none of the keys: of 10, seven for a service of up to three hosts, three for a network
/// outside.
ClassifierConfig rules(std::size_t count) {
    std::mt19937 random(1);
    const auto any = [&](std::uint32_t first, std::uint32_t last) {
        return std::uniform_int_distribution<std::uint32_t>(first, last)(random);
    };
    ClassifierConfig config;
    for (std::size_t i = 0; i < count; ++i) {
        ClassifierRule rule{.protocol = IPPROTO_TCP, .action = ClassifierRule::Action::inside};
        if (i % 10 < 7) {
            for (std::uint32_t hosts = any(1, 3); hosts > 0; --hosts)
                rule.destinations.push_back({campus_network | any(1, 65'534), 32});
            rule.ports = {{515, 515}, {631, 631}, {9100, 9102}};
        } else {
            rule.sources = {{any(1 << 16, 100 << 16) << 8, 24}};
        }
        config.rules.push_back(std::move(rule));
    }
    return config;
}

void judge_rules(benchmark::State& state) {
    World::get();
    const auto classifier = or_end(Classifier::build(rules(static_cast<std::size_t>(state.range(0))), 1));
    Traffic64 traffic(Traffic::active, active_flows);
    Keys keys;
    std::array<Listing, burst_size> listings;  // none is on a list
    std::array<Judgement, burst_size> judgements;
    const PerPacket count(state);
    for (auto _ : state) {
        next_keys(keys, traffic);
        classifier->judge(keys, listings, judgements);
        benchmark::DoNotOptimize(judgements);
    }
    for (const Judgement& judgement : judgements)
        if (judgement.verdict != Judgement::Verdict::none) state.SkipWithError("a rule matched");
}
BENCHMARK(judge_rules)->Arg(100)->Arg(1000);

enum class Source : std::uint8_t { elsewhere, neighbour, listed };

constexpr std::uint32_t listed_count = 65'536;

/// Puts addresses on a list, or takes them off: all of a half of those that are asked for, or every second
/// one of them; or others, far away.
void list(SourceTable& table, Source asked, Listing listing) {
    const std::uint32_t first = asked == Source::elsewhere ? 0x0b000000 : remote_network;
    const unsigned step = asked == Source::listed ? 1 : 2;
    for (std::uint32_t i = 0; i < listed_count; ++i)
        if (!table.set({first + i * step, 32}, listing)) std::exit(1);
}

std::uint32_t source_of(const Identity& who, Source asked) {
    if (asked == Source::listed) return remote_network + who.remote % listed_count;
    return asked == Source::neighbour ? who.remote | 1U : who.remote;
}

void look_up_listed(benchmark::State& state, Source asked) {
    SourceTable& table = World::get().sources();
    list(table, asked, Listing(1));
    Traffic64 traffic(Traffic::active, active_flows);
    std::size_t hits = 0;
    {
        const PerPacket count(state);
        for (auto _ : state)
            for (std::size_t i = 0; i < burst_size; ++i) {
                const std::uint32_t source = source_of(traffic.next(), asked);
                hits += table.may_list(source) && !table.find(source).empty();
            }
    }
    const auto packets = static_cast<std::size_t>(state.iterations()) * burst_size;
    if (hits != (asked == Source::listed ? packets : 0))
        state.SkipWithError("a source was taken for another");
    list(table, asked, Listing());
}
BENCHMARK_CAPTURE(look_up_listed, elsewhere, Source::elsewhere);
BENCHMARK_CAPTURE(look_up_listed, neighbour, Source::neighbour);
BENCHMARK_CAPTURE(look_up_listed, listed, Source::listed);

void note_pending(benchmark::State& state) {
    World::get();
    const auto table = or_end(PendingTable::create(1 << 20));
    Traffic64 traffic(Traffic::scan, many);
    Hashes hashes;
    const PerPacket count(state);
    for (auto _ : state) {
        next_hashes(hashes, traffic, *table);
        for (const std::uint64_t flow : hashes) note(*table, flow);
    }
}
BENCHMARK(note_pending);

/// In a table that `flows` of the flows asked for were noted in: 0 of a million is the look-up of a stranger.
void find_pending(benchmark::State& state) {
    World::get();
    const auto table = or_end(PendingTable::create(1 << 20));
    const auto flows = static_cast<std::uint32_t>(state.range(0));
    Traffic64 noted(Traffic::scan, std::max(flows, 1U)), traffic(Traffic::scan, many);
    Hashes hashes;
    for (std::uint32_t i = 0; i < std::max(flows, 1U); i += burst_size) {
        next_hashes(hashes, noted, *table);
        for (const std::uint64_t flow : hashes) note(*table, flow);
    }
    const PerPacket count(state);
    for (auto _ : state) {
        next_hashes(hashes, traffic, *table);
        for (const std::uint64_t flow : hashes) benchmark::DoNotOptimize(table->find(flow, now));
    }
}
BENCHMARK(find_pending)->Arg(0)->Arg(many);

void choose_honeypot(benchmark::State& state) {
    World::get();
    const auto pools = std::make_unique<PoolTable>();
    PoolTable::Slots slots;
    for (std::size_t i = 0; i < slots.size(); ++i) slots.at(i) = static_cast<HoneypotIndex>(i % 3);
    pools->set(0, Affinity::source, false, slots);
    Traffic64 traffic(Traffic::scan, many);
    Keys keys;
    const PerPacket count(state);
    for (auto _ : state) {
        next_keys(keys, traffic);
        for (const SessionKey& key : keys) benchmark::DoNotOptimize(pools->choose(0, key));
    }
}
BENCHMARK(choose_honeypot);

}  // namespace

}  // namespace honeyswitch::bench
