// honeyswitch: parse, start EAL, compose, run, take down in reverse, report.

#include <csignal>
#include <cstdio>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

#include "control/control_loop.hpp"
#include "control/options.hpp"
#include "control/start_up.hpp"

namespace honeyswitch::control {
namespace {

enum ExitCode : int { stopped_on_request = 0, failed_while_running = 1, bad_configuration = 2 };

/// Every thread that EAL starts inherits the mask: the signals come to the control loop's descriptor alone.
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
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

ControllerConfig controller_config(const Config& config) {
    ControllerConfig result{.idle_timeout = config.idle_timeout,
                            .sighting_lifetime = config.sighting_lifetime,
                            .voucher_lifetime = config.sighting_lifetime,
                            .static_active = config.static_active,
                            .dark = config.dark,
                            .grants = {}};
    for (const Agent& agent : config.agents)
        result.grants.insert(result.grants.end(), agent.grants.begin(), agent.grants.end());
    return result;
}

/// An address that the honeypot answers for, to find it by.
Ipv4Address decoy_of(const Config& config) {
    if (!config.dark.empty())
        return {config.dark.front().network.value + (config.dark.front().length < 31 ? 1 : 0)};
    for (const Agent& agent : config.agents)
        if (!agent.grants.empty()) return {agent.grants.front().network.value + 1};
    return {};
}

/// Composes the control plane over a data plane whose workers run, and runs it.
std::expected<int, Error> control(const Config& config, dataplane::DataPlane& plane, rte_mempool& buffers,
                                  const sigset_t& signals) {
    DpdkSwitch the_switch(plane, buffers);
    Controller controller(controller_config(config), the_switch);
    const TimePoint started(Milliseconds(static_cast<std::int64_t>(plane.clock().now_ms())));
    if (auto begun = controller.start(started); !begun) return std::unexpected(begun.error());
    HoneypotWatch watch(plane, the_switch, config.honeypots.front().mac, decoy_of(config));

    auto socket = NoticeSocket::open(config.listen_address, config.listen_port);
    if (!socket) return std::unexpected(socket.error());
    NoticeServer notices(
        config.agents, controller, config.agent_timeout,
        [&](std::span<const std::uint8_t> datagram, Endpoint to) { socket->send(datagram, to); });
    Inspector inspector({config, controller, the_switch, notices, plane, started});
    auto operators = OperatorServer::open(config.control_socket, inspector);
    if (!operators) return std::unexpected(operators.error());

    constexpr std::uint32_t wait_with_nics_us = 20;
    const std::uint32_t wait = std::max(idle_sleep_us(config), wait_with_nics_us);
    auto loop = ControlLoop::create(
        {plane, the_switch, controller, watch, notices, *socket, *operators, inspector}, signals, wait);
    if (!loop) return std::unexpected(loop.error());
    if (auto running = plane.start(); !running) return std::unexpected(running.error());
    spdlog::info("forwarding with {} worker{}", config.workers, config.workers == 1 ? "" : "s");
    const int signal = loop->run();
    plane.stop();
    return signal;
}

std::expected<int, Error> serve(const Config& config, const sigset_t& signals) {
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
    return control(config, **plane, **buffers, signals);
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

    const sigset_t signals = block_stop_signals();
    const auto result = serve(launch->config, signals);
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
