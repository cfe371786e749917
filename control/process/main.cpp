// honeyswitch: parse, start EAL, compose, run, take down in reverse, report.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/wire/key.hpp"
#include "base/system/service_manager.hpp"
#include "base/system/signals.hpp"
#include "control/compose/parts.hpp"
#include "control/compose/ports_part.hpp"
#include "control/config/options.hpp"
#include "control/config/port_spec.hpp"
#include "control/dpdk/start_ports.hpp"
#include "control/lists/list_check.hpp"
#include "control/process/confinement.hpp"
#include "control/process/control_loop.hpp"
#include "control/process/machine_check.hpp"
#include "control/process/port_guard.hpp"
#include "control/process/port_locks.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/eal.hpp"

namespace honeyswitch::control {
namespace {

struct Failure {
    Error error;
    ExitCode code = failed;
};

/// Every thread that EAL starts inherits the mask: the signals come to the control loop's descriptor alone,
/// and those that come before it is there wait for it.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    ignore_stray_signals();
    return signals;
}

void start_log(const Config& config) {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("honeyswitch"));
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l: %v");
    spdlog::flush_on(spdlog::level::info);
}

/// What DPDK says. Of page sizes that have no free page it speaks at every start, where another size is in
/// use.
void tell_of_dpdk(dataplane::Gravity gravity, std::string_view line) {
    const bool warned =
        gravity == dataplane::Gravity::warning && !line.contains("hugepages reported on node");
    const auto level = gravity == dataplane::Gravity::error ? spdlog::level::err
                       : warned                             ? spdlog::level::warn
                                                            : spdlog::level::debug;
    spdlog::log(level, "DPDK: {}", line);
}

/// What of the files that the configuration names cannot be used. False: a list would lack all of its file.
bool tell_of_lists(const Config& config) {
    bool usable = true;
    for (const auto& [is_error, text] :
         check_list_files(config.lists, config.auth_logs, config.source_capacity)) {
        spdlog::log(is_error ? spdlog::level::err : spdlog::level::warn, "{}", text);
        usable = usable && !is_error;
    }
    return usable;
}

bool tell_of_machine(const Config& config) {
    const auto report = check_machine(config, memory_needed(config));
    for (const Lack& lack : report.lacks)
        std::fputs(fmt::format("honeyswitch: on this machine: {}\n", lack.sentence).c_str(), stderr);
    for (const AbsentPort& port : report.absent)
        std::fputs(fmt::format("honeyswitch: on this machine: {}\n", port.sentence).c_str(), stderr);
    for (const std::string& note : report.notes)
        std::fputs(fmt::format("on this machine: {}\n", note).c_str(), stdout);
    return report.lacks.empty() && report.absent.empty();
}

/// For --check: what a start would say of configuration, lists and machine. A machine that is not ready does
/// not make the configuration wrong, and may not be the one that it is for.
int tell_of_check(const Config& config) {
    const bool lists_usable = tell_of_lists(config);
    if (lists_usable)
        std::fputs(
            fmt::format("the configuration is valid: {} ports, {} worker{}, {} honeypot{}, {} agent{}\n",
                        ports_of(config).size(), config.workers, config.workers == 1 ? "" : "s",
                        config.honeypots.size(), config.honeypots.size() == 1 ? "" : "s",
                        config.agents.size(), config.agents.size() == 1 ? "" : "s")
                .c_str(),
            stdout);
    const bool machine_ready = tell_of_machine(config);
    if (!lists_usable) return bad_configuration;
    return machine_ready ? stopped_on_request : failed;
}

/// What is missing at the boot may be there a moment later: interfaces that others make, cards that are
/// bound. What can start does not wait longer than this for ports that it can start without.
constexpr std::chrono::seconds patience_with_ports{5};

MachineReport check_with_patience(const Config& config) {
    constexpr std::chrono::milliseconds between_looks{200};
    const auto deadline = std::chrono::steady_clock::now() + patience_with_ports;
    while (true) {
        auto report = check_machine(config, memory_needed(config));
        const bool may_help = report.lacks.empty() && !report.absent.empty();
        if (!may_help || std::chrono::steady_clock::now() > deadline) return report;
        std::this_thread::sleep_for(between_looks);
    }
}

/// Returns the ports that are not there and can be done without, as indices of ports_of(config).
std::expected<std::vector<std::size_t>, ExitCode> look_at_machine(const Config& config) {
    const auto report = check_with_patience(config);
    std::vector<std::size_t> absent;
    for (const AbsentPort& port : report.absent) {
        spdlog::warn("{}", port.sentence);
        absent.push_back(port.index);
    }
    for (const Lack& lack : report.lacks) spdlog::error("cannot start: {}", lack.sentence);
    if (report.lacks.empty()) return absent;
    return std::unexpected(std::ranges::any_of(report.lacks, &Lack::lasting) ? bad_configuration : failed);
}

/// DPDK names no reason, or a wrong one, when memory is out. `memory_before`: as it was before any was taken.
Failure out_of_memory(const Error& error, const std::string& memory_before) {
    return {{error.attempted, error.object, "memory is out: " + memory_before}, bad_configuration};
}

std::vector<GuardedPort> guarded_ports(std::span<const PortSpec> specs,
                                       std::span<const PortWatch::Name> names,
                                       const dataplane::DataPlane& plane) {
    std::vector<GuardedPort> watched;
    watched.reserve(specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i)
        watched.push_back({.index = static_cast<dataplane::PortIndex>(i),
                           .link = names[i].link,
                           .text = specs[i].text,
                           .device = specs[i].device,
                           .interface = interface_of(specs[i]),
                           .mirror = plane.layout().side_of(static_cast<dataplane::PortIndex>(i)) ==
                                     dataplane::Side::mirror,
                           .xdp = plane.ports()[i].driver() == "net_af_xdp"});
    return watched;
}

/// In the place of ports that are not there: DPDK's device that has no packets, so that each port has its
/// index.
Config with_stand_ins(Config config, std::span<const std::size_t> absent) {
    config.idle_sleep_us = idle_sleep_us(config);  // as if they were there
    for (const std::size_t i : absent) {
        PortSpec& port = port_at(config, i);
        port.kind = PortSpec::Kind::vdev;
        port.device = fmt::format("{}{},no-rx=1", absent_device, i);
    }
    return config;
}

std::expected<std::unique_ptr<PortGuard>, Error> guard_ports(std::span<const PortSpec> specs,
                                                             std::span<const std::size_t> absent,
                                                             const Config& configured,
                                                             dataplane::DataPlane& plane,
                                                             ControlPlane& control) {
    auto guard = PortGuard::start(guarded_ports(specs, port_names(configured), plane), control.keeper());
    if (!guard) return guard;
    for (const std::size_t i : absent)
        (*guard)->was_absent(static_cast<dataplane::PortIndex>(i), device_folder(*ports_of(configured)[i]));
    return guard;
}

/// Somebody who cannot be kept out should find as little as possible. Packets matter more: whatever cannot be
/// given up is no reason to end, and a drop-in of the unit can say that all of it is kept.
void give_up_privileges(const Config& config) {
    if (std::getenv("HONEYSWITCH_UNCONFINED") != nullptr)
        return spdlog::warn(
            "HONEYSWITCH_UNCONFINED is set: the switch keeps privileges that it does not need");
    const auto needs = needs_of(config, dataplane::Eal::uses_physical_addresses());
    if (const auto confined = confine(needs); !confined)
        spdlog::warn("{}; the switch goes on with the privileges that it has", confined.error().message());
}

/// Composes data plane and control plane, and runs them until a signal asks to stop. Whatever nobody else may
/// have is taken before anything is touched. `absent`: indices of ports_of(config).
std::expected<int, Failure> serve(const Config& config, std::span<const std::size_t> absent,
                                  std::vector<std::string> arguments, const sigset_t& signals) {
    const auto manager = ServiceManager::of_environment();
    const Config present = with_stand_ins(config, absent);
    const auto locks = lock_ports(present);
    if (!locks) return std::unexpected(Failure{locks.error()});
    const auto parts = start_parts(present, getpid());
    auto sockets = ControlSockets::open(parts.sockets);
    if (!sockets) return std::unexpected(Failure{sockets.error()});

    const auto memory = memory_text(config, memory_needed(config));
    prctl(PR_SET_TIMERSLACK, 1UL);  // short waits are short, in the threads of EAL too
    auto eal = dataplane::Eal::start(parts.eal, tell_of_dpdk);
    if (!eal) return std::unexpected(Failure{eal.error()});
    const dataplane::SwitchClock clock;
    auto buffers = dataplane::create_buffer_pool(parts.buffers, parts.longest_frame);
    if (!buffers) return std::unexpected(out_of_memory(buffers.error(), memory));
    auto ports = start_ports(parts.ports, **buffers);
    if (!ports) return std::unexpected(Failure{ports.error()});
    auto plane = dataplane::DataPlane::create(parts.data_plane, std::move(*ports), clock);
    if (!plane) return std::unexpected(out_of_memory(plane.error(), memory));
    auto control =
        ControlPlane::create(config, std::move(arguments), **plane, **buffers, std::move(*sockets));
    if (!control) return std::unexpected(Failure{control.error()});

    constexpr std::uint32_t wait_with_nics_us = 20;
    auto loop = ControlLoop::create(**control, clock, signals,
                                    std::max(parts.data_plane.idle_sleep_us, wait_with_nics_us));
    if (!loop) return std::unexpected(Failure{loop.error()});
    if (auto running = (*plane)->start(); !running) return std::unexpected(Failure{running.error()});
    auto watch = guard_ports(parts.ports.ports, absent, config, **plane, **control);
    if (!watch) return std::unexpected(Failure{watch.error()});
    dataplane::Eal::on_removal([raw = watch->get()](const std::string& device) { raw->wanted_back(device); });
    give_up_privileges(config);
    spdlog::info("forwarding with {} worker{}", config.workers, config.workers == 1 ? "" : "s");
    ServiceReport service(manager, (*plane)->quiescence(), config.workers);
    const auto ended = loop->run(**watch, service);
    service.stopping();
    dataplane::Eal::on_removal({});
    // Workers still carry packets: a slow disk does not keep the link down.
    (*control)->save_state();
    (*control)->leave_links_up();
    (*plane)->stop();
    if (!ended) return std::unexpected(Failure{ended.error()});
    return *ended;
}

int run(int argc, const char* const* argv) {
    const sigset_t signals = block_signals();
    const auto launch = parse_options(argc, argv);
    if (!launch) {
        const auto code = launch.error().code();
        std::fputs(launch.error().text("honeyswitch").c_str(), code == 0 ? stdout : stderr);
        return code;
    }
    start_log(launch->config);
    for (const std::string& warning : launch->warnings) spdlog::warn("{}", warning);
    if (launch->check) return tell_of_check(launch->config);
    if (const auto ready = agent::start_cryptography(); !ready) {
        spdlog::error("{}", ready.error().message());
        return failed;
    }
    const auto absent = look_at_machine(launch->config);
    if (!absent) return absent.error();
    const auto result = serve(launch->config, *absent, {argv, argv + argc}, signals);
    if (!result) {
        spdlog::error("{}", result.error().error.message());
        return result.error().code;
    }
    spdlog::info("stopped by {}", sigabbrev_np(*result));
    return stopped_on_request;
}

}  // namespace
}  // namespace honeyswitch::control

int main(int argc, char** argv) {
    return honeyswitch::control::run(argc, argv);
}
