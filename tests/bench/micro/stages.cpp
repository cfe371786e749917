// One benchmark for each stage. Those that need fresh buffers include making them, which is measured alone as
// `input`: subtract it.
#include "tests/bench/micro/work.hpp"

namespace honeyswitch::bench {

using namespace dataplane;

namespace {

void input(benchmark::State& state) {
    Burst packets;
    Traffic64 traffic(Traffic::active, active_flows);
    World& world = World::get();
    const PerPacket count(state);
    for (auto _ : state) {
        world.fill(packets, traffic);
        rte_pktmbuf_free_bulk(packets.data(), burst_size);
    }
}
BENCHMARK(input);

void transmit(benchmark::State& state) {
    Burst packets;
    Traffic64 traffic(Traffic::active, active_flows);
    World& world = World::get();
    const PerPacket count(state);
    for (auto _ : state) {
        world.fill(packets, traffic);
        world.transmitter().send(packets, {Counter::outside_to_inside_active, inside_of(0)});
        world.transmitter().flush();
    }
}
BENCHMARK(transmit);

struct Frames {
    explicit Frames(Traffic kind) {
        Traffic64 traffic(kind, active_flows);
        for (auto& frame : bytes) traffic.write(frame.data());
    }
    [[nodiscard]] std::span<const std::uint8_t> at(std::size_t i) const {
        return {reinterpret_cast<const std::uint8_t*>(bytes[i].data()), 60};
    }
    std::array<std::array<std::byte, 64>, burst_size> bytes;
};

void parse_addresses(benchmark::State& state) {
    World::get();
    const Frames frames(Traffic::active);
    const PerPacket count(state);
    for (auto _ : state)
        for (std::size_t i = 0; i < burst_size; ++i) benchmark::DoNotOptimize(parse_l3(frames.at(i), 60));
}
BENCHMARK(parse_addresses);

void parse_session_key(benchmark::State& state) {
    World::get();
    const Frames frames(Traffic::session);
    std::array<L3View, burst_size> views;
    for (std::size_t i = 0; i < burst_size; ++i) views[i] = parse_l3(frames.at(i), 60);
    const PerPacket count(state);
    for (auto _ : state)
        for (std::size_t i = 0; i < burst_size; ++i)
            benchmark::DoNotOptimize(parse_session(frames.at(i), views[i], From::outside));
}
BENCHMARK(parse_session_key);

void look_up_address(benchmark::State& state) {
    World& world = World::get();
    Traffic64 traffic(Traffic::active, active_flows);
    std::vector<std::uint32_t> destinations(active_flows);
    for (auto& destination : destinations) destination = traffic.next().campus;
    std::array<std::uint8_t, burst_size> states;
    std::size_t at = 0;
    const PerPacket count(state);
    for (auto _ : state) {
        world.addresses().lookup(std::span(destinations).subspan(at, burst_size), states);
        benchmark::DoNotOptimize(states);
        at = (at + burst_size) % active_flows;
    }
}
BENCHMARK(look_up_address);

// The keys are computed from the flow's number, which `session_keys` measures alone: subtract it.
void session_keys(benchmark::State& state) {
    World::get();
    Traffic64 traffic(Traffic::session, 1'000'000);
    std::array<SessionKey, burst_size> keys;
    const PerPacket count(state);
    for (auto _ : state) {
        for (auto& key : keys) key = key_of(traffic.next());
        benchmark::DoNotOptimize(keys);
    }
}
BENCHMARK(session_keys);

void look_up_session(benchmark::State& state) {
    const auto sessions = static_cast<std::uint32_t>(state.range(0));
    const SessionTable& table = World::get().sessions(sessions);
    Traffic64 traffic(Traffic::session, sessions);
    std::array<SessionKey, burst_size> keys;
    std::array<std::uint64_t, burst_size> hashes;
    std::array<Session*, burst_size> found;
    const PerPacket count(state);
    for (auto _ : state) {
        for (auto& key : keys) key = key_of(traffic.next());
        std::ranges::transform(keys, hashes.begin(), [&](const SessionKey& key) { return table.hash(key); });
        for (const std::uint64_t hash : hashes) table.prefetch(hash);
        table.lookup(keys, hashes, found);
        benchmark::DoNotOptimize(found);
    }
    for (const Session* session : found)
        if (session == nullptr) state.SkipWithError("a session was not found");
}

void verdict(benchmark::State& state, Traffic kind, std::uint32_t flows, std::uint32_t sessions,
             unsigned newcomers = burst_size) {
    Work work({kind, flows, 0}, sessions, 0, newcomers);
    const PerPacket count(state);
    for (auto _ : state) work.carry_burst();
}

void verdict_active(benchmark::State& state) {
    verdict(state, Traffic::active, active_flows, static_cast<std::uint32_t>(state.range(0)));
}
/// As much of it as comes is an overload too, though there is nothing to drop.
void verdict_active_overload(benchmark::State& state) {
    verdict(state, Traffic::active, active_flows, 0, 1);
}
void verdict_outbound(benchmark::State& state) {
    verdict(state, Traffic::outbound, active_flows, 0);
}
void verdict_session(benchmark::State& state) {
    const auto sessions = static_cast<std::uint32_t>(state.range(0));
    verdict(state, Traffic::session, sessions, sessions);
}
void verdict_reply(benchmark::State& state) {
    const auto sessions = static_cast<std::uint32_t>(state.range(0));
    verdict(state, Traffic::reply, sessions, sessions);
}

/// New flows that nobody answers, under the handshake rule, for addresses of which most have sessions.
void scan(benchmark::State& state, unsigned newcomers) {
    constexpr std::uint32_t many = 100'000'000;
    World& world = World::get();
    const auto sessions = static_cast<std::uint32_t>(state.range(0));
    world.modes().handshake = true;
    Work work({Traffic::scan, many, sessions}, sessions, 0, newcomers);
    {
        const PerPacket count(state);
        for (auto _ : state) work.carry_burst();
    }
    world.modes().handshake = false;
}
void verdict_scan(benchmark::State& state) {
    scan(state, burst_size);
}
/// In an overload nearly all of them are dropped.
void verdict_overload(benchmark::State& state) {
    scan(state, 1);
}

/// New flows under the rule of the first packet: each is handed to the control thread, of which there is
/// none.
void packet_in(benchmark::State& state) {
    constexpr std::uint32_t many = 100'000'000;
    World& world = World::get();
    Work work({Traffic::scan, many, 0}, 0, 0);
    const PerPacket count(state);
    for (auto _ : state) {
        work.carry_burst();
        if (world.free_packet_ins() != burst_size) state.SkipWithError("not each packet was handed over");
    }
}

// Together and in order of size: the table of sessions is made once for each.
void each_size(int sessions) {
    const auto named = [sessions](const char* name, void (*run)(benchmark::State&)) {
        benchmark::RegisterBenchmark(name, run)->Arg(sessions);
    };
    named("look_up_session", look_up_session);
    named("verdict_active", verdict_active);
    named("verdict_session", verdict_session);
    named("verdict_reply", verdict_reply);
    named("verdict_scan", verdict_scan);
    named("verdict_overload", verdict_overload);
}

}  // namespace

void register_stages(int most_sessions) {
    benchmark::RegisterBenchmark("verdict_active_overload", verdict_active_overload);
    benchmark::RegisterBenchmark("verdict_outbound", verdict_outbound);
    benchmark::RegisterBenchmark("packet_in", packet_in);
    for (const int sessions : {10'000, 200'000, 1'000'000, 10'000'000})
        if (sessions <= most_sessions) each_size(sessions);
}

}  // namespace honeyswitch::bench
