// restart-benchmark [SESSIONS [FOLDER]]: what a restart costs the control thread. SESSIONS of 65,534 dark
// addresses (1,000,000 without it) are saved in slices into FOLDER (/tmp without it), as turns of the control
// thread do it, and put back into new tables.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <time.h>

#include "control/compose/parts.hpp"
#include "control/config/port_spec.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/dpdk/start_ports.hpp"
#include "control/state/state_restorer.hpp"
#include "control/state/state_saver.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/eal.hpp"
#include "tests/bench/micro/world.hpp"

namespace honeyswitch::bench {
namespace {

using namespace control;

constexpr auto dark = Ipv4Prefix::of({0x0a010000}, 16);
constexpr TimePoint now{Milliseconds{1'000}};
constexpr WallMilliseconds wall{Milliseconds{1'764'043'200'000}};

/// Of this thread alone: what others take of the CPU is not in it.
double cpu_ms() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double wall_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

SessionFlow numbered(std::uint32_t number) {
    SessionFlow session{.key = {}, .path = {.source = {2, 0, 0, 0, 0, 1}}, .honeypot = HoneypotId{0}};
    session.key.outside = Be32::from_host(0xc612'0000 + number / 65'534);
    session.key.inside = Be32::from_host(dark.network.value + 1 + number % 65'534);
    session.key.outside_port = Be16::from_host(static_cast<std::uint16_t>(1'024 + number % 60'000));
    session.key.inside_port = Be16::from_host(22);
    session.key.protocol = IPPROTO_TCP;
    return session;
}

class NoRules final : public AnywayDiverted {
  public:
    [[nodiscard]] bool diverts_anyway(const SessionKey&) const override { return false; }
};

/// A switch without workers, and its controller.
class Appliance {
  public:
    Appliance(std::uint32_t sessions, rte_mempool& buffers, unsigned number) {
        Config config;
        const auto port = [&](const char* side) {
            return parse_port("vdev:net_null" + std::to_string(number) + side + ",no-rx=1").value();
        };
        config.outside = port("1");
        config.inside = port("2");
        config.honeypot_ports = {port("3")};
        config.session_capacity = sessions;
        config.address_capacity = 1U << 17U;
        auto ports = or_end(start_ports(start_parts(config, 1).ports, buffers));
        plane_ =
            or_end(dataplane::DataPlane::create(start_parts(config, 1).data_plane, std::move(ports), {}));
        switch_ = std::make_unique<DpdkSwitch>(*plane_, buffers);
        controller_ =
            std::make_unique<Controller>(ControllerConfig{.dark = {dark}}, switch_->pieces(), events_);
        if (!controller_->start(now)) std::exit(1);
    }

    [[nodiscard]] SessionFlows& flows() { return switch_->flows(); }
    [[nodiscard]] Controller& controller() { return *controller_; }

  private:
    EventBus events_;
    std::unique_ptr<dataplane::DataPlane> plane_;
    std::unique_ptr<DpdkSwitch> switch_;
    std::unique_ptr<Controller> controller_;
};

void save(Appliance& appliance, const std::filesystem::path& file) {
    StateWriter writer(file);
    StateSaver saver(appliance.flows(), appliance.controller(), writer);
    const double began = wall_ms();
    double longest = 0, longest_cpu = 0, cpu = 0;
    unsigned slices = 0;
    const auto timed = [&](auto work) {
        const double wall_before = wall_ms(), cpu_before = cpu_ms();
        work();
        const double took = cpu_ms() - cpu_before;
        longest = std::max(longest, wall_ms() - wall_before);
        longest_cpu = std::max(longest_cpu, took);
        cpu += took;
        ++slices;
    };
    timed([&] {
        saver.begin({.saved_at = wall},
                    {.honeypots = {{0, "main"}}, .links = {{0, "link"}}, .campus = {dark}}, now);
    });
    while (saver.running()) {
        timed([&] { saver.step(now); });
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    const double handed_over = wall_ms() - began;
    const auto written = writer.take(true);
    if (!written || !written->failure.empty()) std::exit(1);
    std::printf(
        "saved: %u slices, the longest %.3f ms of CPU (%.3f ms with what others took), %.3f ms on average; "
        "%.0f ms until all were handed over, %.0f ms until %.1f MB were on the disk\n",
        slices, longest_cpu, longest, cpu / slices, handed_over, wall_ms() - began,
        static_cast<double>(written->bytes) / 1e6);
}

void restore(Appliance& appliance, const std::filesystem::path& file) {
    auto source = FileSource::open(file);
    if (!source || !*source) std::exit(1);
    const StatePlaces places{
        .honeypots = {{"main", HoneypotId{0}}}, .links = {{"link", 0}}, .campus = {dark}};
    const double wall_before = wall_ms(), cpu_before = cpu_ms();
    const auto restored =
        restore_state(**source, appliance.controller(), places, NoRules(), wall + Milliseconds{2'000}, now);
    if (!restored) std::exit(1);
    std::printf("restored: %llu sessions in %.0f ms of CPU, %.0f ms in all\n",
                static_cast<unsigned long long>(restored->totals.sessions), cpu_ms() - cpu_before,
                wall_ms() - wall_before);
}

int run(int argc, char** argv) {
    const auto sessions = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 1'000'000);
    const std::filesystem::path file =
        std::filesystem::path(argc > 2 ? argv[2] : "/tmp") / "restart-benchmark";
    const auto eal = or_end(dataplane::Eal::start(
        {"--in-memory", "--no-pci", "--no-telemetry", "--lcores=0@1", "--log-level=warning"}));
    const auto buffers = or_end(dataplane::create_buffer_pool(4'096));
    {
        Appliance before(sessions, *buffers, 1);
        for (std::uint32_t i = 0; i < sessions; ++i)
            if (!before.flows().add_session(numbered(i), now)) std::exit(1);
        for (int round = 0; round < 3; ++round) save(before, file);
    }
    for (unsigned round = 0; round < 3; ++round) {
        Appliance after(sessions, *buffers, 2 + round);
        restore(after, file);
    }
    std::filesystem::remove(file);
    return 0;
}

}  // namespace
}  // namespace honeyswitch::bench

int main(int argc, char** argv) {
    return honeyswitch::bench::run(argc, argv);
}
