#include "agent/app/command_line.hpp"

#include <cstdio>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "agent/config/config_file.hpp"
#include "agent/config/config_reader.hpp"
#include "agent/explore/sweep.hpp"
#include "agent/sockets/socket_address.hpp"

namespace honeyswitch::agent {
namespace {

/// What was given on the command line; each overrides the file.
struct Flags {
    std::string config, key, keygen_path, status = default_status_socket;
    std::optional<std::string> name, interface, prefix, sender, status_socket, user, log_level;
    std::optional<unsigned> vlan, rate, retries, probes, proxy_limit, min_answers;
    std::optional<std::string> sweep_interval, patience, probe_interval, hold;
    std::vector<std::string> controllers, always;
    bool dry_run = false, check = false;
};

using Result = std::expected<void, std::string>;

template <typename T>
void override_with(const std::optional<T>& flag, T& value) {
    if (flag) value = *flag;
}

Result override_with(const char* name, const std::optional<std::string>& flag, const DurationRange& range,
                     Clock::duration& value) {
    if (!flag) return {};
    const auto duration = parse_duration(*flag, range.least, range.most);
    if (!duration) return std::unexpected(fmt::format("{}: {}", name, duration.error()));
    value = *duration;
    return {};
}

Result apply(const Flags& flags, DomainOptions& domain) {
    override_with(flags.rate, domain.sweep.rate);
    override_with(flags.retries, domain.sweep.retries);
    override_with(flags.probes, domain.probe.count);
    override_with(flags.proxy_limit, domain.proxy.limit);
    override_with(flags.min_answers, domain.min_answers);
    for (const auto& done :
         {override_with("--sweep-interval", flags.sweep_interval, sweep_interval_range,
                        domain.sweep.interval),
          override_with("--sweep-patience", flags.patience, sweep_patience_range, domain.sweep.patience),
          override_with("--probe-interval", flags.probe_interval, probe_interval_range,
                        domain.probe.interval),
          override_with("--hold", flags.hold, probe_hold_range, domain.probe.hold)})
        if (!done) return done;
    return {};
}

std::expected<DomainSpec, std::string> domain_of(const Flags& flags) {
    DomainSpec spec;
    spec.options.interface = flags.interface.value_or("");  // asked for only where it is given
    if (flags.vlan) spec.options.vlan = static_cast<VlanIdentifier>(*flags.vlan);
    if (flags.prefix) {
        const auto prefix = parse_prefix(*flags.prefix);
        if (!prefix) return std::unexpected("--prefix: " + prefix.error());
        spec.prefix = *prefix;
    }
    if (flags.sender) {
        const auto address = parse_address(*flags.sender);
        if (!address) return std::unexpected("--sender: " + address.error());
        if (spec.prefix && !Sweep::is_usable(*spec.prefix, *address))
            return std::unexpected(fmt::format("--sender: {} is no host's address of {}", *flags.sender,
                                               to_string(*spec.prefix)));
        spec.options.sender = *address;
    }
    for (const auto& text : flags.always) {
        const auto address = parse_address(text);
        if (!address) return std::unexpected("--always: " + address.error());
        spec.options.always.push_back(*address);
    }
    return spec;
}

Result apply(const Flags& flags, AgentOptions& options) {
    override_with(flags.name, options.name);
    override_with(flags.user, options.user);
    override_with(flags.log_level, options.log_level);
    if (flags.status_socket) options.status_socket = *flags.status_socket;
    if (!flags.key.empty()) options.key_file = flags.key;
    if (!flags.controllers.empty()) options.controllers = flags.controllers;
    options.dry_run = flags.dry_run;
    if (flags.interface) {
        const auto domain = domain_of(flags);
        if (!domain) return std::unexpected(domain.error());
        options.domains = {*domain};
    } else if (flags.vlan || flags.prefix || flags.sender || !flags.always.empty()) {
        return std::unexpected(
            "--vlan, --prefix, --sender and --always describe the domain of an --interface");
    }
    for (auto& domain : options.domains)
        if (const auto applied = apply(flags, domain.options); !applied) return applied;
    return {};
}

Result check(const AgentOptions& options) {
    if (options.domains.empty())
        return std::unexpected("there is nothing to watch: give --interface or a [[domain]]");
    static constexpr std::array levels{"trace", "debug", "info", "warning", "error", "critical", "off"};
    if (std::ranges::find(levels, options.log_level) == levels.end())
        return std::unexpected(
            fmt::format("log level '{}': must be one of {}", options.log_level, fmt::join(levels, ", ")));
    if (options.dry_run) return {};
    if (options.name.empty()) return std::unexpected("the agent has no name: give --name or set name");
    if (options.key_file.empty()) return std::unexpected("there is no key: give --key or set key");
    if (options.controllers.empty())
        return std::unexpected(
            "there is nobody to report to: give --controller or set controllers (or --dry-run)");
    for (const auto& controller : options.controllers)
        if (const auto parsed = ControllerName::parse(controller); !parsed)
            return std::unexpected(parsed.error());
    return {};
}

void add_domain_flags(CLI::App& app, Flags& flags) {
    const SweepOptions sweep;
    const auto load = sweep.rate * 84 * 8 / 1e6;  // preamble, frame of 60, check sequence and gap
    app.add_option("--interface", flags.interface,
                   "watch and sweep the broadcast domain here, instead of the file's");
    app.add_option("--vlan", flags.vlan, "VLAN of the interface, an IEEE 802.1Q trunk")
        ->check(CLI::Range(1, 4094));
    app.add_option("--prefix", flags.prefix,
                   "of the domain, /16 to /30; default: that of the interface's address");
    app.add_option("--sender", flags.sender,
                   "address of the domain, set aside for the agent to ask in its name; needed where the "
                   "interface has none there");
    app.add_option("--always,--gateway", flags.always, "an address that is always active; may be repeated");
    app.add_option(
           "--rate", flags.rate,
           fmt::format(
               "ARP requests per second while a sweep runs, default {}: each occupies 84 octets of "
               "the wire, so that is a broadcast load of {:.1f} Mbit/s and a sweep of a /24 in {:.1f} s",
               sweep.rate, load, 254.0 / sweep.rate))
        ->check(CLI::Range(1, 100'000));
    app.add_option("--sweep-interval", flags.sweep_interval,
                   "from the begin of a sweep to that of the next, default 60s");
    app.add_option("--sweep-retries", flags.retries, "requests after one that was not answered, default 2")
        ->check(CLI::Range(0, 10));
    app.add_option("--sweep-patience", flags.patience, "time for answers after each pass, default 1s");
    app.add_option("--probes", flags.probes, "unicast probes to a host that missed a sweep, default 3")
        ->check(CLI::Range(1, 100));
    app.add_option("--probe-interval", flags.probe_interval, "between them, default 1s");
    app.add_option("--hold", flags.hold, "time without evidence before an address is inactive, default 2m");
    app.add_option("--proxy-limit", flags.proxy_limit,
                   "a MAC that answers for more addresses is examined: proxy or host; default 16")
        ->check(CLI::Range(1, 65'536));
    app.add_option("--min-answers", flags.min_answers,
                   "a sweep that fewer hosts answer says nothing, default 1")
        ->check(CLI::Range(0, 65'536));
}

void add_flags(CLI::App& app, Flags& flags) {
    app.add_option("--config", flags.config, "configuration file (TOML); flags override it");
    app.add_flag("--check", flags.check, "validate file and flags, and exit");
    app.add_option("--controller", flags.controllers, "HOST[:PORT] of a honeyswitch; may be repeated");
    app.add_option("--key", flags.key, "file with the key that is shared with the controllers");
    app.add_option("--name", flags.name, "of this agent, as in the controllers' configuration");
    app.add_flag("--dry-run", flags.dry_run, "print what would be reported, and report to nobody");
    app.add_option("--status-socket", flags.status_socket, "where --status finds this agent");
    app.add_option("--user", flags.user, "run as this user after start, with CAP_NET_RAW alone");
    app.add_option("--log-level", flags.log_level, "debug, info, warning, error; default info");
    add_domain_flags(app, flags);
}

std::unexpected<int> bad(const std::string& reason) {
    fmt::print(stderr, "honeyswitch-agent: {}\n", reason);
    return std::unexpected(2);
}

}  // namespace

std::expected<Command, int> parse_command_line(int argc, char** argv) {
    Flags flags;
    CLI::App app{
        "Watches and sweeps the ARP of broadcast domains and tells honeyswitch which addresses are active."};
    app.set_version_flag("--version", "honeyswitch-agent " HONEYSWITCH_VERSION, "print the version and exit");
    add_flags(app, flags);
    auto* const status =
        app.add_option("--status", flags.status, "print what a running agent says of itself, as JSON")
            ->expected(0, 1);
    auto* const keygen = app.add_subcommand("keygen", "write a new key to a file and exit");
    keygen->add_option("PATH", flags.keygen_path, "of the key; it must not exist")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? 0 : 2);
    }
    if (keygen->parsed()) return Command{Task::keygen, flags.keygen_path, {}};
    if (status->count() > 0)
        return Command{Task::status, flags.status.empty() ? default_status_socket : flags.status, {}};

    Command command{flags.check ? Task::check : Task::run, {}, {}};
    if (!flags.config.empty()) {
        auto read = read_config(flags.config);
        if (!read) return bad(read.error().message());
        command.options = std::move(*read);
    }
    if (const auto applied = apply(flags, command.options); !applied) return bad(applied.error());
    if (const auto checked = check(command.options); !checked) return bad(checked.error());
    return command;
}

}  // namespace honeyswitch::agent
