// honeyswitch-agent: the explorer of one or more broadcast domains.
#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "agent/app/agent.hpp"
#include "agent/app/command_line.hpp"
#include "agent/app/privileges.hpp"
#include "agent/sockets/interface_info.hpp"
#include "agent/sockets/status_socket.hpp"
#include "base/system/service_manager.hpp"
#include "base/system/signals.hpp"

using namespace honeyswitch;
using namespace honeyswitch::agent;

namespace {

int fail(int code, const Error& error) {
    fmt::print(stderr, "honeyswitch-agent: {}\n", error.message());
    return code;
}

int print_status(const std::filesystem::path& socket) {
    const auto status = StatusSocket::read(socket);
    if (!status) return fail(failed, status.error());
    fmt::print("{}", *status);
    return 0;
}

/// Whether the agent could ask in this domain now. An interface that is not there yet may come.
void warn_of(const DomainSpec& domain) {
    const auto& name = domain.options.interface;
    const auto interface = read_interface(name);
    const auto warn = [&](std::string_view text) {
        fmt::print(stderr, "honeyswitch-agent: warning: {}: {}\n", name, text);
    };
    if (!interface.exists) return warn("there is no such interface now");
    if (domain.options.sender) return;
    const auto inside = [&](const auto& own) { return domain.prefix->contains(own.address); };
    if (!domain.prefix && interface.addresses.size() == 1) return;
    if (!domain.prefix) return warn("it has no one IPv4 address now, so set the domain's prefix");
    if (domain.options.vlan || std::ranges::none_of(interface.addresses, inside))
        warn(fmt::format(
            "it has no address in {} and no sender is set: the agent will only listen there, and the "
            "domain stays undeclared",
            to_string(*domain.prefix)));
}

int check(const AgentOptions& options) {
    for (const auto& domain : options.domains) warn_of(domain);
    if (!options.dry_run)
        if (const auto key = load_key(options.key_file); !key) return fail(bad_configuration, key.error());
    const auto some = [](std::size_t count, const char* what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    fmt::print("the configuration is valid: {}, {}\n", some(options.domains.size(), "domain"),
               some(options.controllers.size(), "controller"));
    return 0;
}

int run(const AgentOptions& options) {
    ignore_stray_signals();
    // There is nothing to read anew, and who only means to close a terminal does not mean the hosts'
    // vouchers.
    std::signal(SIGHUP, SIG_IGN);
    spdlog::set_level(spdlog::level::from_str(options.log_level));
    spdlog::flush_on(spdlog::level::info);
    auto agent = Agent::create(options);
    if (!agent) return fail(bad_configuration, agent.error());
    if (const auto dropped = drop_privileges(options.user); !dropped) return fail(failed, dropped.error());
    if (const auto started = (*agent)->start_resolver(); !started) return fail(failed, started.error());
    // Its sockets are open, and hear. Nobody may be there to be told.
    (void)ServiceManager::of_environment().tell("READY=1");
    if (const auto restricted = restrict_system_calls(); !restricted) return fail(failed, restricted.error());
    const auto ran = (*agent)->run();
    return ran ? 0 : fail(failed, ran.error());
}

}  // namespace

int main(int argc, char** argv) {
    if (const auto ready = start_cryptography(); !ready) return fail(failed, ready.error());
    const auto launch = parse_command_line(argc, argv);
    if (!launch) {
        const auto code = launch.error().code();
        std::fputs(launch.error().text("honeyswitch-agent").c_str(), code == 0 ? stdout : stderr);
        return code;
    }
    for (const auto& warning : launch->warnings)
        fmt::print(stderr, "honeyswitch-agent: warning: {}\n", warning.sentence());
    switch (launch->task) {
        case Task::keygen: {
            const auto written = generate_key(launch->path);
            return written ? 0 : fail(failed, written.error());
        }
        case Task::status:
            return print_status(launch->path);
        case Task::check:
            return check(launch->options);
        case Task::run:
            return run(launch->options);
    }
    return bad_configuration;
}
