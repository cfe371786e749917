#include "agent/command_line.hpp"

#include <cstdio>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace honeyswitch::agent {
namespace {

struct Flags {
    std::string interface, prefix;
    unsigned vlan = 0;
    std::vector<std::string> always;
    double sweep_interval = 60, hold = 120, probe_interval = 1, patience = 1;
    DomainOptions domain;
};

Duration seconds(double value) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

std::expected<DomainSpec, std::string> domain_of(const Flags& flags) {
    DomainSpec spec{std::nullopt, flags.domain};
    spec.options.interface = flags.interface;
    if (flags.vlan != 0) spec.options.vlan = static_cast<VlanIdentifier>(flags.vlan);
    if (!flags.prefix.empty()) {
        const auto prefix = parse_prefix(flags.prefix);
        if (!prefix) return std::unexpected("--prefix: " + prefix.error());
        spec.prefix = *prefix;
    }
    for (const auto& text : flags.always) {
        const auto address = parse_address(text);
        if (!address) return std::unexpected("--static: " + address.error());
        spec.options.always.push_back(*address);
    }
    spec.options.sweep.interval = seconds(flags.sweep_interval);
    spec.options.sweep.patience = seconds(flags.patience);
    spec.options.probe.interval = seconds(flags.probe_interval);
    spec.options.probe.hold = seconds(flags.hold);
    return spec;
}

void add_domain_flags(CLI::App& app, Flags& flags) {
    app.add_option("--interface", flags.interface, "watch and sweep the broadcast domain on this interface");
    app.add_option("--vlan", flags.vlan, "of the interface, an IEEE 802.1Q trunk")
        ->check(CLI::Range(1, 4094));
    app.add_option("--prefix", flags.prefix,
                   "of the domain, /16 to /30; default: that of the interface's address");
    app.add_option("--static,--gateway", flags.always, "an address that is always active");
    app.add_option(
           "--rate", flags.domain.sweep.rate,
           "ARP requests per second in a sweep; each occupies 84 octets of Ethernet, so that the default "
           "is a load of 0.7 Mbit/s while a sweep runs")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    app.add_option("--sweep-interval", flags.sweep_interval, "seconds from sweep to sweep")
        ->capture_default_str();
    app.add_option("--sweep-retries", flags.domain.sweep.retries,
                   "requests after the first that was not answered")
        ->capture_default_str()
        ->check(CLI::Range(0, 10));
    app.add_option("--sweep-patience", flags.patience, "seconds to wait for answers after each pass")
        ->capture_default_str();
    app.add_option("--probes", flags.domain.probe.count, "unicast probes to a host that missed a sweep")
        ->capture_default_str();
    app.add_option("--probe-interval", flags.probe_interval, "seconds between them")->capture_default_str();
    app.add_option("--hold", flags.hold, "seconds without evidence before an address is inactive")
        ->capture_default_str();
    app.add_option("--proxy-limit", flags.domain.proxy.limit,
                   "a MAC that answers for more addresses is a proxy")
        ->capture_default_str();
}

}  // namespace

std::expected<Command, int> parse_command_line(int argc, char** argv) {
    Command command;
    Flags flags;
    std::string keygen;
    auto& options = command.options;
    CLI::App app{
        "Watches and sweeps the ARP of broadcast domains and tells honeyswitch which addresses are active"};
    add_domain_flags(app, flags);
    app.add_option("--controller", options.controllers, "HOST:PORT of a honeyswitch; may be repeated");
    app.add_option("--key", options.key_file, "file with the key that is shared with the controllers");
    app.add_option("--name", options.name, "of this agent, as in the controllers' configuration");
    app.add_flag("--dry-run", options.dry_run, "print what would be reported, and report to nobody");
    app.add_option("--log-level", options.log_level, "debug, info, warn, err")->capture_default_str();
    auto* const generate = app.add_subcommand("keygen", "write a new key to a file and exit");
    generate->add_option("PATH", keygen, "of the key; it must not exist")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? 0 : 2);
    }
    const auto bad = [](const std::string& reason) {
        fmt::print(stderr, "honeyswitch-agent: {}\n", reason);
        return std::unexpected(2);
    };
    if (generate->parsed()) {
        command.keygen = keygen;
        return command;
    }
    if (flags.interface.empty()) return bad("--interface is missing");
    if (!options.dry_run && (options.controllers.empty() || options.key_file.empty() || options.name.empty()))
        return bad("--controller, --key and --name are needed unless --dry-run is given");
    const auto domain = domain_of(flags);
    if (!domain) return bad(domain.error());
    options.domains.push_back(*domain);
    return command;
}

}  // namespace honeyswitch::agent
