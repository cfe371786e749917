// What an event costs the control thread: while nobody wants it, kept for readers, and written down for one.
#include <string>

#include <benchmark/benchmark.h>

#include "control/events/event_json.hpp"
#include "control/events/event_ring.hpp"

namespace honeyswitch::control {
namespace {

SessionEnded session_end() {
    SessionEnded ended{.session = {.flow = 17, .created = Milliseconds{2'500}, .honeypot = {0}},
                       .step = dataplane::Step::payload,
                       .duration = Milliseconds{9'000},
                       .idle = Milliseconds{60'000},
                       .packets_in = 5,
                       .bytes_in = 420,
                       .packets_out = 4,
                       .bytes_out = 340};
    ended.session.key.outside = Be32::from_host(0xc633'6407);
    ended.session.key.inside = Be32::from_host(0x0a01'0203);
    ended.session.key.outside_port = Be16::from_host(40'000);
    ended.session.key.inside_port = Be16::from_host(22);
    ended.session.key.protocol = protocol::tcp;
    return ended;
}

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
