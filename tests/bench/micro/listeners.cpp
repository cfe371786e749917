// listeners-benchmark [SESSIONS [SECONDS [CLIENTS]]]: whether clients of the operator's socket keep up with
// so many sessions a second (20,000 without it), each of which begins, comes further and ends; and what that
// costs a turn of the control thread. Clients read as fast as they can, each on a thread of its own.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/system/descriptor.hpp"
#include "control/operator/operator_server.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"

namespace honeyswitch::bench {
namespace {

using namespace control;
using Seconds = std::chrono::duration<double>;

/// Of this thread alone: what others take of the CPU is not in it.
double cpu_us() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

struct Heard {
    std::atomic<std::uint64_t> events{0}, gaps{0}, missed{0}, bytes{0};
};

/// Counts lines, and takes from a gap how many events it stands for.
void count(std::string_view text, Heard& heard) {
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        const std::string_view line = text.substr(0, end);
        constexpr std::string_view gap = "\"event_type\":\"gap\",\"events\":";
        const auto place = line.substr(0, 96).find(gap);
        if (place == std::string_view::npos) {
            heard.events += line.starts_with("{\"timestamp\"") ? 1 : 0;
        } else {
            ++heard.gaps;
            heard.missed += std::strtoull(line.data() + place + gap.size(), nullptr, 10);
        }
        text.remove_prefix(end + 1);
    }
}

Descriptor connected_to(const std::filesystem::path& path) {
    Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    constexpr std::string_view request = "{\"command\":\"subscribe\"}\n";
    if (write(client.get(), request.data(), request.size()) != static_cast<ssize_t>(request.size()))
        std::abort();
    return client;
}

void listen_until_the_end(int fd, Heard& heard) {
    std::vector<char> room(1U << 20U);
    std::size_t kept = 0;
    for (ssize_t size = 0; (size = read(fd, room.data() + kept, room.size() - kept)) > 0;) {
        heard.bytes += static_cast<std::uint64_t>(size);
        const std::string_view all(room.data(), kept + static_cast<std::size_t>(size));
        const auto whole = all.rfind('\n') + 1;  // 0: not one
        count(all.substr(0, whole), heard);
        kept = all.size() - whole;
        std::memmove(room.data(), room.data() + whole, kept);
    }
}

/// A session of nmap's, as its events carry it.
struct Session {
    SessionName name;
    SessionOrigin origin;
    SessionCourse course;
};

Session session(std::uint64_t number) {
    Session made{.name = {.flow_id = 55'834'574'848 + number,
                          .flow = static_cast<std::uint32_t>(number % 1'000'000),
                          .created = Milliseconds{static_cast<std::int64_t>(number)},
                          .honeypot = {0}},
                 .origin = {},
                 .course = {.step = dataplane::Step::payload,
                            .duration = Milliseconds{9'000},
                            .answered = Milliseconds{1},
                            .handshake = Milliseconds{30},
                            .payload = Milliseconds{31},
                            .flags_in = TcpFlags{0x1a},
                            .flags_out = TcpFlags{0x12},
                            .packets_in = 5,
                            .bytes_in = 420,
                            .packets_out = 4,
                            .bytes_out = 340}};
    made.name.key = {.outside = Be32::from_host(0xc633'0000U + static_cast<std::uint32_t>(number % 65'536)),
                     .inside = Be32::from_host(0x0a01'0203),
                     .outside_port = Be16::from_host(40'000),
                     .inside_port = Be16::from_host(22),
                     .protocol = protocol::tcp};
    FirstPacket first{
        .tcp_sequence = 7, .ip_id = 39'222, .ip_length = 44, .tcp_window = 1'024, .tcp_mss = 1'460};
    first.ttl = 39;
    first.tcp_flags = tcp_flag::syn;
    first.tcp_option_count = 1;
    first.tcp_options[0] = tcp_option::mss;
    first.tcp = true;
    made.origin.set_first(first);
    made.origin.set_pool({0});
    made.origin.set_domain({{0x0a010000}, 16});
    made.origin.set_since(Milliseconds{60'000});
    made.origin.set_swept(Milliseconds{10'000});
    return made;
}

struct Turns {
    std::uint64_t count = 0;
    double longest_us = 0, sum_us = 0;
};

/// As the control loop does it while it is busy: descriptors once in eight turns.
void turn(OperatorServer& server, TimePoint now, Turns& turns) {
    const double before = cpu_us();
    (void)server.tick(now);
    if (turns.count % 8 == 0) {
        pollfd waiting{.fd = server.fd(), .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, 0) == 1) server.service(now);
    }
    const double used = cpu_us() - before;
    ++turns.count;
    turns.sum_us += used;
    turns.longest_us = std::max(turns.longest_us, used);
}

int run(std::uint64_t rate, double seconds, unsigned clients) {
    const auto folder = std::filesystem::temp_directory_path() / fmt::format("listeners-{}", getpid());
    std::filesystem::create_directory(folder);
    EventNames names;
    names.honeypots = names.pools = {"main"};
    EventBus bus({}, {}, names);
    EventRing ring(bus);
    FakeInspect inspect;
    FakeOperate operate;
    auto server = OperatorServer::open(
        folder / "socket",
        {.inspect = &inspect, .operate = &operate, .events = &bus, .latest_events = &ring});
    if (!server) return std::fprintf(stderr, "%s\n", server.error().message().c_str()), 1;
    std::vector<Descriptor> sockets;
    std::vector<Heard> heard(clients);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < clients; ++i) sockets.push_back(connected_to(folder / "socket"));
    for (unsigned i = 0; i < clients; ++i)
        threads.emplace_back([&, i] { listen_until_the_end(sockets[i].get(), heard[i]); });
    Turns turns;
    TimePoint now{Milliseconds{1'000}};
    while (ring.readers() < clients) {
        server->service(now);
    }
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t begun = 0;
    for (double passed = 0; passed < seconds;) {
        passed = Seconds(std::chrono::steady_clock::now() - start).count();
        for (const auto due = static_cast<std::uint64_t>(passed * static_cast<double>(rate)); begun < due;
             ++begun) {
            const Session each = session(begun);
            bus.publish(SessionBegun{.session = each.name, .origin = each.origin});
            bus.publish(SessionAdvanced{.session = each.name, .course = each.course});
            bus.publish(SessionEnded{.session = each.name, .course = each.course, .origin = each.origin});
        }
        turn(*server, now, turns);
    }
    const auto in_all = [&] {
        std::uint64_t sum = 0;
        for (const Heard& each : heard) sum += each.events + each.missed;
        return sum;
    };
    while (in_all() < 3 * begun * clients) turn(*server, now, turns);
    const double took = Seconds(std::chrono::steady_clock::now() - start).count();
    for (const Descriptor& each : sockets) shutdown(each.get(), SHUT_RDWR);
    for (std::thread& each : threads) each.join();
    for (const Heard& each : heard)
        std::printf("client: %lu events of %lu, missed %lu in %lu gaps, %.0f bytes an event\n",
                    each.events.load(), 3 * begun, each.missed.load(), each.gaps.load(),
                    static_cast<double>(each.bytes.load()) /
                        static_cast<double>(std::max<std::uint64_t>(each.events, 1)));
    std::printf(
        "%.0f sessions a second for %.1f s, told after %.1f s; a turn: %.0f us of CPU, the longest %.0f\n",
        static_cast<double>(begun) / seconds, seconds, took, turns.sum_us / static_cast<double>(turns.count),
        turns.longest_us);
    std::printf("an event takes %zu bytes of the ring, a session's beginning %zu\n", sizeof(Event),
                sizeof(SessionOrigin));
    std::filesystem::remove_all(folder);
    return 0;
}

}  // namespace
}  // namespace honeyswitch::bench

int main(int argc, char** argv) {
    const std::uint64_t rate = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
    const int clients = argc > 3 ? std::atoi(argv[3]) : 1;
    return honeyswitch::bench::run(rate, seconds, static_cast<unsigned>(clients));
}
