// How many sessions a second honeyrecord takes with one core: events as the switch sends them are parsed,
// written as JSON Lines with their chain, and written into a store.
//
//     record-benchmark SESSIONS FOLDER
//
// The files are made in FOLDER, and stay. Times are of the CPU, of this one thread.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sodium.h>

#include "tools/honeyrecord/lines/line_file.hpp"
#include "tools/honeyrecord/store/session_store.hpp"

namespace honeyswitch::record {
namespace {

constexpr unsigned batch = 8192;

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

WallTime moment(unsigned session, unsigned later_ms) {
    return parse_time("2026-11-27T03:40:00.000Z").value() +
           std::chrono::milliseconds(session / 20 + later_ms);
}

/// Sources as of a scan from everywhere, and ten ports.
std::string line(unsigned session, const char* type, WallTime time, const std::string& more) {
    const auto source = session * 2'654'435'761U;
    return fmt::format(R"({{"timestamp":"{}","event_type":"{}","flow":{},"created_ms":{},"src_ip":"{}",)"
                       R"("src_port":{},"dest_ip":"10.1.{}.{}","dest_port":{},"proto":"TCP",)"
                       R"("honeypot":"pot"{}}})",
                       time_text(time), type, session % 1'000'000, session / 20,
                       to_string(Ipv4Address{source | 0x0b000000U}), 1024 + session % 60'000,
                       session / 256 % 256, session % 256, 20 + session % 10, more);
}

/// The lines of a stretch of sessions: each begins and, an idle timeout later, ends.
std::vector<std::string> lines_of(unsigned first, unsigned end) {
    std::vector<std::string> lines;
    lines.reserve(2 * std::size_t{end - first});
    for (unsigned i = first; i < end; ++i)
        lines.push_back(
            line(i, "session_begin", moment(i, 0),
                 R"(,"reason":"dark","domain":"10.1.0.0/16","agent":"agent:east","since_ms":86400000)"));
    for (unsigned i = first; i < end; ++i)
        lines.push_back(
            line(i, "session_end", moment(i, 60'000),
                 R"(,"reason":"idle","step":"payload","duration_ms":1500,"idle_ms":60000,)"
                 R"("pkts_toserver":5,"bytes_toserver":420,"pkts_toclient":4,"bytes_toclient":340)"));
    return lines;
}

struct Times {
    double parsing = 0, lines = 0, store = 0;
};

void measure(unsigned sessions, LineFile& file, SessionStore& store, Times& times) {
    for (unsigned first = 0; first < sessions; first += batch) {
        const auto lines = lines_of(first, std::min(sessions, first + batch));
        std::vector<EventPointer> events;
        events.reserve(lines.size());
        const auto began = cpu_seconds();
        for (const auto& each : lines) events.push_back(parse_event(each).value());
        const auto parsed = cpu_seconds();
        if (!file.write(events, wall_now())) std::abort();
        const auto written = cpu_seconds();
        if (!store.write(events, wall_now())) std::abort();
        times.parsing += parsed - began;
        times.lines += written - parsed;
        times.store += cpu_seconds() - written;
    }
}

int run(unsigned sessions, const std::filesystem::path& folder) {
    auto file = LineFile::open({.file = folder / "events.jsonl"});
    auto store = SessionStore::open({.file = folder / "sessions.db"});
    if (!file || !store) {
        fmt::print(stderr, "record-benchmark: {}\n", file ? store.error() : file.error().message());
        return 1;
    }
    Times times;
    measure(sessions, *file, *store, times);
    const auto show = [&](const char* what, double seconds) {
        fmt::print("{:<28}{:>8.1f} us a session {:>10.0f} sessions/s\n", what, 1e6 * seconds / sessions,
                   sessions / seconds);
    };
    show("parsing", times.parsing);
    show("JSON Lines with their chain", times.lines);
    show("store", times.store);
    show("all of it on one core", times.parsing + times.lines + times.store);
    return 0;
}

}  // namespace
}  // namespace honeyswitch::record

int main(int argc, char** argv) {
    const int sessions = argc == 3 ? std::atoi(argv[1]) : 0;
    if (sessions <= 0 || sodium_init() < 0) {
        std::fputs("record-benchmark SESSIONS FOLDER\n", stderr);
        return 2;
    }
    return honeyswitch::record::run(static_cast<unsigned>(sessions), argv[2]);
}
