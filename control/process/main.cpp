// honeyswitch: parse, start EAL, compose, run, take down in reverse, report.

#include <csignal>
#include <cstdio>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

#include "control/config/options.hpp"
#include "control/dpdk/start_up.hpp"
#include "control/process/control_loop.hpp"

namespace honeyswitch::control {
namespace {

enum ExitCode : int { stopped_on_request = 0, failed_while_running = 1, bad_configuration = 2 };

/// Every thread that EAL starts inherits the mask: the signals come to the control loop's descriptor alone.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

void start_log(const Config& config) {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("honeyswitch"));
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l: %v");
    spdlog::flush_on(spdlog::level::info);
}

/// Composes data plane and control plane, and runs them until a signal asks to stop.
std::expected<int, Error> serve(const Config& config, std::vector<std::string> arguments,
                                const sigset_t& signals) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // short waits are short, in the threads of EAL too
    auto eal = dataplane::Eal::start(eal_arguments(config));
    if (!eal) return std::unexpected(eal.error());
    const dataplane::SwitchClock clock;
    auto buffers = dataplane::create_buffer_pool(config.mbufs);
    if (!buffers) return std::unexpected(buffers.error());
    auto ports = start_ports(config, **buffers);
    if (!ports) return std::unexpected(ports.error());
    auto plane = dataplane::DataPlane::create(data_plane_config(config), std::move(*ports), clock);
    if (!plane) return std::unexpected(plane.error());
    auto control = ControlPlane::create(config, std::move(arguments), **plane, **buffers);
    if (!control) return std::unexpected(control.error());

    constexpr std::uint32_t wait_with_nics_us = 20;
    auto loop =
        ControlLoop::create(**control, clock, signals, std::max(idle_sleep_us(config), wait_with_nics_us));
    if (!loop) return std::unexpected(loop.error());
    if (auto running = (*plane)->start(); !running) return std::unexpected(running.error());
    spdlog::info("forwarding with {} worker{}", config.workers, config.workers == 1 ? "" : "s");
    const int signal = loop->run();
    (*plane)->stop();
    return signal;
}

int run(int argc, const char* const* argv) {
    const auto launch = parse_options(argc, argv);
    if (!launch) {
        std::fputs(launch.error().text.c_str(), launch.error().code == 0 ? stdout : stderr);
        return launch.error().code;
    }
    start_log(launch->config);
    for (const std::string& warning : launch->warnings) spdlog::warn("{}", warning);
    if (launch->check) return stopped_on_request;

    const sigset_t signals = block_signals();
    const auto result = serve(launch->config, {argv, argv + argc}, signals);
    if (!result) {
        spdlog::error("{}", result.error().message());
        return failed_while_running;
    }
    spdlog::info("stopped by {}", sigabbrev_np(*result));
    return stopped_on_request;
}

}  // namespace
}  // namespace honeyswitch::control

int main(int argc, char** argv) {
    return honeyswitch::control::run(argc, argv);
}
