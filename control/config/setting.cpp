#include "control/config/setting.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>

#include "base/limits.hpp"
#include "base/settings/setting_kinds.hpp"
#include "control/config/cpu_list.hpp"
#include "control/config/flow_text.hpp"
#include "control/config/port_spec.hpp"
#include "dataplane/eal/frame_lengths.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;
using Make = SettingKinds<Config>;

constexpr std::uint32_t most_sessions = 1U << 26;   // 5 GB of tables
constexpr std::uint32_t most_addresses = 1U << 24;  // a /8, all of it in use
constexpr std::uint32_t most_sources = 1U << 24;  // of lists and reputations: a thousandth of the Internet's
constexpr Microseconds longest_sleep = 1s;        // a longer nap would look like a hung worker

std::expected<std::string, std::string> parse_lcores(std::string_view text) {
    if (auto cpus = parse_cpu_list(text); !cpus) return std::unexpected(cpus.error());
    return std::string(text);
}

std::expected<std::string, std::string> parse_listen_address(std::string_view text) {
    if (auto address = parse_address(text); !address) return std::unexpected(address.error());
    return std::string(text);
}

std::expected<std::string, std::string> parse_group_name(std::string_view text) {
    if (text.find_first_of(" :,/") != std::string_view::npos)
        return std::unexpected(fmt::format("'{}' is not the name of a group", text));
    return std::string(text);
}

std::string as_written(const PortSpec& port) {
    return port.text;
}

std::string as_string(const std::filesystem::path& path) {
    return path.string();
}

Setting port_setting(std::string_view key, std::string help, PortSpec Config::* member) {
    return Make::text({"ports", key, "PORT", std::move(help)}, member, parse_port, as_written);
}

Setting prefixes_setting(std::string_view key, std::string help, std::vector<Ipv4Prefix> Config::* member) {
    return Make::list({"diversion", key, "PREFIX", std::move(help)}, member, parse_address_or_prefix,
                      [](Ipv4Prefix prefix) { return to_string(prefix); });
}

Setting reply_cap(std::string_view key, std::string_view what, std::uint32_t ReplyCaps::* cap) {
    return Make::integer(
        {"containment", key, "N", fmt::format("{} a second, 0 for no cap", what)},
        [cap](auto& config) -> auto& { return config.reply_caps.*cap; }, 0,
        std::numeric_limits<std::uint32_t>::max());
}

/// Until it was a duration it was a number of microseconds.
Setting idle_sleep_setting() {
    const auto parse = [](std::string_view text) -> std::expected<std::uint32_t, std::string> {
        const auto sleep = parse_fine_duration(text, 0us, longest_sleep);
        if (!sleep) return std::unexpected(sleep.error());
        return static_cast<std::uint32_t>(sleep->count());
    };
    const auto write = [](std::optional<std::uint32_t> sleep) {
        return sleep ? duration_text(Microseconds{*sleep}) : std::string();
    };
    auto made = Make::text({"process", "idle_sleep", "DURATION",
                            fmt::format("How long a worker without packets sleeps, 0us to {}; without it 0us "
                                        "if all ports are PCI devices, 50us otherwise",
                                        duration_text(longest_sleep))},
                           &Config::idle_sleep_us, parse, write);
    made.renewed = [](std::string_view text) -> std::optional<std::string> {
        const bool number =
            !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
        if (!number) return std::nullopt;
        return std::string(text) + "us";
    };
    return made;
}

/// Tables that are about one choice call it their mode; its option has the name of the table before it.
template <typename T>
Setting mode_setting(std::string_view table, std::string help, T Config::* member,
                     const std::type_identity_t<Choices<T>>& choices) {
    auto made = Make::choice({table, "mode", "", std::move(help)}, member, choices);
    made.table_in_option = true;
    return at_run_time(std::move(made));
}

/// What a packet may have around it that no mtu counts, in words.
constexpr auto beside_mtu_text = "without the Ethernet header, two VLAN tags and the FCS";

/// Without it the switch asks for the default and goes on with less.
Setting mtu_setting() {
    auto made = Make::integer(
        {"ports", "mtu", "BYTES",
         fmt::format(
             "The longest packet that passes the link, {}; without it {}, and a device that has less is "
             "told of",
             beside_mtu_text, dataplane::default_mtu)},
        &Config::mtu, dataplane::least_mtu, dataplane::most_mtu);
    made.show = [](const Config& config) {
        return fmt::format("{}", config.mtu.value_or(dataplane::default_mtu));
    };
    return made;
}

std::vector<Setting> port_settings() {
    return {
        port_setting("outside", "The port towards the Internet", &Config::outside),
        port_setting("inside", "The port towards the campus", &Config::inside),
        Make::list({"ports", "honeypot", "PORT",
                    fmt::format("A port towards honeypots; there can be {}", limits::honeypot_ports)},
                   &Config::honeypot_ports, parse_port, as_written),
        Make::choice({"ports", "kernel_io", "", "How dev: ports reach the kernel's interface"},
                     &Config::kernel_io, {{"af_xdp", KernelIo::af_xdp}, {"af_packet", KernelIo::af_packet}}),
        mtu_setting(),
        Make::integer({"ports", "honeypot_mtu", "BYTES",
                       "The same of the ports towards honeypots, mtu or more; without it mtu"},
                      &Config::honeypot_mtu, dataplane::least_mtu, dataplane::most_mtu),
        Make::choice({"ports", "link_state", "",
                      "What becomes of a port of the link when its partner has lost its own link"},
                     &Config::link_state,
                     {{"hub", LinkMode::hub}, {"breaker", LinkMode::breaker}, {"wire", LinkMode::wire}}),
        Make::duration({"ports", "link_state_wait", "DURATION", "It must have lost it for so long"},
                       &Config::link_state_wait, 0ms, 4min),
        formerly({"ports", "driver"},
                 Make::list({"ports", "driver_file", "PATH", "A shared object with further DPDK drivers"},
                            &Config::drivers, parse_path, as_string)),
    };
}

std::vector<Setting> process_settings() {
    return {
        Make::integer({"process", "workers", "N", "Worker lcores"}, &Config::workers, 1, limits::workers),
        Make::text({"process", "lcores", "LIST",
                    "CPUs, the control thread's first, then the workers'; without it 0, 1, 2, ..."},
                   &Config::lcores, parse_lcores, [](const std::string& text) { return text; }),
        Make::boolean({"process", "no_huge", "", "Run without huge pages: slower, for trials only"},
                      &Config::no_huge),
        idle_sleep_setting(),
        at_run_time(formerly(
            {"operator", "log_level"},
            Make::choice({"process", "log_level", "", "The least grave that is logged"}, &Config::log_level,
                         {{"trace", "trace"},
                          {"debug", "debug"},
                          {"info", "info"},
                          {"warning", "warning"},
                          {"error", "error"},
                          {"critical", "critical"}}))),
    };
}

std::vector<Setting> capacity_settings() {
    return {
        Make::integer({"capacity", "session_capacity", "N", "Sessions at once"}, &Config::session_capacity,
                      64, most_sessions),
        Make::integer({"capacity", "address_capacity", "N", "Active addresses of all domains together"},
                      &Config::address_capacity, 64, most_addresses),
        Make::integer({"capacity", "domain_capacity", "N", "Broadcast domains"}, &Config::domain_capacity, 1,
                      65'536),
        Make::integer({"capacity", "sighting_capacity", "N", "Addresses that sightings alone vouch for"},
                      &Config::sighting_capacity, 1, 1U << 20),
        Make::integer(
            {"capacity", "pending_capacity", "N", "Flows diverted without a session that may be answered"},
            &Config::pending_capacity, 64, most_sessions),
        formerly({"capacity", "listed_capacity"},
                 Make::integer({"capacity", "source_capacity", "N", "Sources on lists or moved by a tier"},
                               &Config::source_capacity, 64, most_sources)),
        formerly(
            {"capacity", "history_capacity"},
            Make::integer({"capacity", "reputation_capacity", "N", "Sources whose reputation tiers remember"},
                          &Config::reputation_capacity, 64, most_sources)),
        Make::integer({"capacity", "mbufs", "N", "Packet buffers"}, &Config::mbufs, 2'048, 1U << 24),
    };
}

std::vector<Setting> timeout_settings() {
    return {
        at_run_time(Make::duration(
            {"timeouts", "idle_timeout", "DURATION", "A session ends when it was idle for this"},
            &Config::idle_timeout, 100ms, 24h)),
        at_run_time(Make::duration(
            {"timeouts", "outlive_timeout", "DURATION",
             "A session of UDP, ICMP or without ports goes on for this when its address has become active"},
            &Config::outlive_timeout, 0ms, 24h)),
        at_run_time(Make::duration({"timeouts", "agent_timeout", "DURATION",
                                    "A domain becomes unknown when its agents were silent for this"},
                                   &Config::agent_timeout, 100ms, 1h)),
        at_run_time(Make::duration({"timeouts", "sighting_lifetime", "DURATION",
                                    "A packet from the inside vouches for its source for this"},
                                   &Config::sighting_lifetime, 100ms, 168h)),
        Make::duration({"timeouts", "heartbeat_timeout", "DURATION",
                        "Workers fail open when the control thread was silent for this"},
                       &Config::heartbeat_timeout, 10ms, 60s),
        at_run_time(Make::duration(
            {"timeouts", "health_interval", "DURATION",
             "From one check of a honeypot to the next; it is down after three without answer"},
            &Config::health_interval, 100ms, 60s)),
    };
}

std::vector<Setting> admission_settings() {
    return {
        formerly({"admission", "admission"},
                 mode_setting("admission", "With which packet a session begins", &Config::admission,
                              {{"auto", Admission::automatic},
                               {"first-packet", Admission::first_packet},
                               {"handshake", Admission::handshake}})),
        at_run_time(Make::integer({"admission", "high_water", "PERCENT",
                                   "auto: handshake once so much of session_capacity is used"},
                                  &Config::high_water, 1, 100)),
        at_run_time(Make::integer(
            {"admission", "low_water", "PERCENT", "auto: first-packet again once it is less than this"},
            &Config::low_water, 1, 100)),
        at_run_time(with_former_value(
            "count", "drop",
            Make::choice({"admission", "backscatter", "",
                          "What becomes of packets that can only answer a forged source"},
                         &Config::backscatter,
                         {{"drop", Backscatter::drop}, {"honeypot", Backscatter::honeypot}}))),
    };
}

std::vector<Setting> diversion_settings() {
    return {
        mode_setting("diversion", "Whether packets are diverted, or pass while all is decided and counted",
                     &Config::diversion,
                     {{"divert", DiversionMode::divert}, {"observe", DiversionMode::observe}}),
        at_run_time(prefixes_setting("active", "Addresses that are always active", &Config::static_active)),
        at_run_time(prefixes_setting("dark", "A known domain that needs no agent", &Config::dark)),
        at_run_time(prefixes_setting(
            "campus", "Where nothing of a honeypot goes, besides grants, dark prefixes and active addresses",
            &Config::campus)),
    };
}

std::vector<Setting> containment_settings() {
    return {
        formerly(
            {"diversion", "containment"},
            mode_setting("containment", "What honeypots may send of their own accord", &Config::containment,
                         {{"session", Containment::session},
                          {"limited", Containment::limited},
                          {"open", Containment::open}})),
        at_run_time(Make::list({"containment", "allow", "FLOW",
                                "Where honeypots may open flows to with mode = limited: "
                                "udp:53:192.0.2.53/32, tcp:1-1023:0.0.0.0/0, icmp:192.0.2.0/24"},
                               &Config::containment_allow, parse_allowed_flow,
                               [](const AllowedFlow& flow) { return to_string(flow); })),
        at_run_time(Make::integer(
            {"containment", "new_flow_rate", "N", "New flows a second of each honeypot, if limited"},
            &Config::containment_rate, 1, 1'000'000)),
        at_run_time(reply_cap("reply_packets_per_source", "Packets to each source outside",
                              &ReplyCaps::packets_per_source)),
        at_run_time(reply_cap("reply_bytes_per_source", "Bytes to each source outside",
                              &ReplyCaps::bytes_per_source)),
        at_run_time(reply_cap("reply_packets_per_honeypot", "Packets of each honeypot to the outside",
                              &ReplyCaps::packets_per_honeypot)),
        at_run_time(reply_cap("reply_bytes_per_honeypot", "Bytes of each honeypot to the outside",
                              &ReplyCaps::bytes_per_honeypot)),
    };
}

std::vector<Setting> state_settings() {
    auto folder = Make::text({"state", "folder", "PATH",
                              "Where what outlives a restart is kept; without it $STATE_DIRECTORY, which "
                              "systemd sets"},
                             &Config::state_folder, parse_path, as_string);
    auto interval = Make::duration(
        {"state", "save_interval", "DURATION", "From one saving of sessions to the next; 0s keeps none"},
        &Config::save_interval, 0ms, 24h);
    folder.table_in_option = interval.table_in_option = true;
    return {std::move(folder), at_run_time(std::move(interval))};
}

std::vector<Setting> operator_settings() {
    const auto unchanged = [](const std::string& text) { return text; };
    return {
        Make::text({"notices", "listen_address", "ADDRESS", "IPv4 address that receives agents' notices"},
                   &Config::listen_address, parse_listen_address, unchanged),
        Make::integer({"notices", "listen_port", "PORT", "UDP port that receives agents' notices"},
                      &Config::listen_port, 1, 65'535),
        Make::text({"operator", "control_socket", "PATH", "Unix socket for honeyctl"},
                   &Config::control_socket, parse_socket_path, as_string),
        Make::text({"operator", "group", "NAME", "Group that may ask and change through control_socket"},
                   &Config::control_group, parse_group_name, unchanged),
        Make::text({"operator", "read_group", "NAME", "Group that may only ask through control_socket"},
                   &Config::read_group, parse_group_name, unchanged),
    };
}

std::vector<Setting> all_settings() {
    std::vector<Setting> all;
    for (auto group :
         {port_settings(), process_settings(), capacity_settings(), timeout_settings(), admission_settings(),
          diversion_settings(), containment_settings(), state_settings(), operator_settings()})
        std::ranges::move(group, std::back_inserter(all));
    return all;
}

}  // namespace

std::span<const Setting> settings() {
    static const auto all = all_settings();
    return all;
}

}  // namespace honeyswitch::control
