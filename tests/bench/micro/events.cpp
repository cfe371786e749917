// What an event costs the control thread: while nobody wants it, kept for readers, and written down for one.
#include <array>
#include <string>

#include <benchmark/benchmark.h>

#include "base/system/large_array.hpp"
#include "control/controller/flow_numbers.hpp"
#include "control/events/event_json.hpp"
#include "control/events/event_ring.hpp"

namespace honeyswitch::control {
namespace {

/// A request as nmap sends it: what the control thread reads of each first packet.
constexpr std::array<std::uint8_t, 44> request{
    0x45, 0x00, 0x00, 0x2c, 0x99, 0x36, 0x00, 0x00, 0x27, 0x06, 0xc4, 0x57, 0xc6, 0x33, 0x64,
    0x07, 0x0a, 0x01, 0x02, 0x03, 0xce, 0x91, 0x00, 0x16, 0xd3, 0x27, 0x66, 0xb9, 0x00, 0x00,
    0x00, 0x00, 0x60, 0x02, 0x04, 0x00, 0x55, 0x5f, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4};

SessionEnded session_end() {
    SessionEnded ended{.session = {.flow = 17, .created = Milliseconds{2'500}, .honeypot = {0}},
                       .course = {.step = dataplane::Step::payload,
                                  .duration = Milliseconds{9'000},
                                  .packets_in = 5,
                                  .bytes_in = 420,
                                  .packets_out = 4,
                                  .bytes_out = 340},
                       .idle = Milliseconds{60'000}};
    ended.session.key.outside = Be32::from_host(0xc633'6407);
    ended.session.key.inside = Be32::from_host(0x0a01'0203);
    ended.session.key.outside_port = Be16::from_host(40'000);
    ended.session.key.inside_port = Be16::from_host(22);
    ended.session.key.protocol = protocol::tcp;
    ended.session.flow_id = 55'834'574'848;
    ended.origin.set_pool({0});
    ended.origin.set_domain({{0x0a010000}, 16});
    ended.origin.set_since(Milliseconds{60'000});
    ended.origin.set_first(read_first_packet(request));
    return ended;
}

/// Beside what the controller did already: the headers are read, and a place of a million is written.
void kept_of_a_beginning(benchmark::State& state) {
    LargeArray<SessionOrigin> origins(1'000'000);
    FlowNumbers numbers(WallMilliseconds{Milliseconds{1'764'043'200'000}});
    std::size_t place = 0;
    for (auto _ : state) {
        SessionOrigin origin;
        origin.set_pool({0});
        origin.set_first(read_first_packet(request));
        origin.set_domain({{0x0a010000}, 16});
        origin.set_since(Milliseconds{60'000});
        origin.flow_id = numbers.take();
        place = (place + 7'919) % origins.size();
        origins[place] = origin;
        benchmark::ClobberMemory();
    }
}
BENCHMARK(kept_of_a_beginning)->Name("event/kept of how a session began");

void nobody_wants_it(benchmark::State& state) {
    EventBus bus;
    EventRing ring(bus);
    const SessionEnded ended = session_end();
    for (auto _ : state) {
        bus.publish(ended);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(nobody_wants_it)->Name("event/nobody wants it");

void kept_for_readers(benchmark::State& state) {
    EventBus bus;
    EventRing ring(bus);
    const EventReader reader(ring, all_event_types, EventReader::From::now);
    const SessionEnded ended = session_end();
    for (auto _ : state) {
        bus.publish(ended);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(kept_for_readers)->Name("event/kept for readers");

void written_for_one(benchmark::State& state) {
    EventBus bus;
    EventRing ring(bus);
    EventNames names;
    names.honeypots = {"honeypot"};
    bus.set_names(names);
    EventReader reader(ring, all_event_types, EventReader::From::now);
    const SessionEnded ended = session_end();
    std::string lines;
    for (auto _ : state) {
        bus.publish(ended);
        lines.clear();
        reader.read(
            1, [&](const Event& event, const EventNames& of_event) { append_json(lines, event, of_event); });
        benchmark::DoNotOptimize(lines.data());
    }
}
BENCHMARK(written_for_one)->Name("event/kept, and written as JSON for one client");

}  // namespace
}  // namespace honeyswitch::control
