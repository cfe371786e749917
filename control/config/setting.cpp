#include "control/config/setting.hpp"

#include <algorithm>
#include <limits>

#include <sys/un.h>

#include "base/limits.hpp"
#include "control/config/cpu_list.hpp"
#include "control/config/flow_text.hpp"
#include "control/config/port_spec.hpp"
#include "control/config/setting_kinds.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t most_sessions = 1U << 26;   // 5 GB of tables
constexpr std::uint32_t most_addresses = 1U << 24;  // a /8, all of it in use
constexpr std::uint32_t most_sources = 1U << 24;    // of lists and histories: a thousandth of the Internet's
constexpr std::uint32_t longest_sleep_us = 1'000'000;  // a longer nap would look like a hung worker

std::expected<std::string, std::string> parse_lcores(std::string_view text) {
    if (auto cpus = parse_cpu_list(text); !cpus) return std::unexpected(cpus.error());
    return std::string(text);
}

std::expected<std::filesystem::path, std::string> parse_path(std::string_view text) {
    if (text.empty() || text.contains('\0')) return std::unexpected("a path cannot be empty");
    return std::filesystem::path(text);
}

std::expected<std::filesystem::path, std::string> parse_socket_path(std::string_view text) {
    if (text.size() >= sizeof(sockaddr_un::sun_path))
        return std::unexpected(fmt::format("'{}' is too long for a Unix socket: at most {} characters", text,
                                           sizeof(sockaddr_un::sun_path) - 1));
    return parse_path(text);
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
    return text_setting({"ports", key, "PORT", std::move(help)}, member, parse_port, as_written);
}

Setting prefixes_setting(std::string_view key, std::string help, std::vector<Ipv4Prefix> Config::* member) {
    return list_setting({"diversion", key, "PREFIX", std::move(help)}, member, parse_address_or_prefix,
                        [](Ipv4Prefix prefix) { return to_string(prefix); });
}

Setting reply_cap(std::string_view key, std::string_view what, std::uint32_t ReplyCaps::* cap) {
    return integer_setting(
        {"containment", key, "N", fmt::format("{} a second, 0 for no cap", what)},
        [cap](auto& config) -> auto& { return config.reply_caps.*cap; }, 0,
        std::numeric_limits<std::uint32_t>::max());
}

Setting idle_sleep_setting() {
    const auto set = [](Config& config, std::string_view text) -> SetResult {
        Config scratch;
        const auto read = integer_setting({}, &Config::mbufs, 0, longest_sleep_us).set(scratch, text);
        if (read) config.idle_sleep_us = scratch.mbufs;
        return read;
    };
    const auto show = [](const Config& config) {
        return config.idle_sleep_us ? fmt::format("{}", *config.idle_sleep_us) : std::string();
    };
    return {"process",
            "idle_sleep",
            "MICROSECONDS",
            fmt::format("How long a worker without packets sleeps, 0 to {}; without it 0 if all ports are "
                        "PCI devices, 50 otherwise",
                        longest_sleep_us),
            Setting::Kind::integer,
            set,
            nullptr,
            show};
}

Setting no_huge_setting() {
    const auto set = [](Config& config, std::string_view text) -> SetResult {
        if (text != "true" && text != "false")
            return std::unexpected(fmt::format("'{}' is not true or false", text));
        config.no_huge = text == "true";
        return {};
    };
    return {"process",
            "no_huge",
            "",
            "Run without huge pages: slower, for trials only",
            Setting::Kind::boolean,
            set,
            nullptr,
            [](const Config& config) { return std::string(config.no_huge ? "true" : "false"); }};
}

std::vector<Setting> port_settings() {
    return {
        port_setting("outside", "The port towards the Internet", &Config::outside),
        port_setting("inside", "The port towards the campus", &Config::inside),
        list_setting({"ports", "honeypot", "PORT",
                      fmt::format("A port towards honeypots; there can be {}", limits::honeypot_ports)},
                     &Config::honeypot_ports, parse_port, as_written),
        choice_setting({"ports", "kernel_io", "MODE", "How dev: ports reach the kernel's interface"},
                       &Config::kernel_io,
                       {{"af_xdp", KernelIo::af_xdp}, {"af_packet", KernelIo::af_packet}}),
        list_setting({"ports", "driver", "PATH", "A shared object with further DPDK drivers"},
                     &Config::drivers, parse_path, as_string),
    };
}

std::vector<Setting> process_settings() {
    return {
        integer_setting({"process", "workers", "N", "Worker lcores"}, &Config::workers, 1, limits::workers),
        text_setting({"process", "lcores", "LIST",
                      "CPUs, the control thread's first, then the workers'; without it 0, 1, 2, ..."},
                     &Config::lcores, parse_lcores, [](const std::string& text) { return text; }),
        no_huge_setting(),
        idle_sleep_setting(),
    };
}

std::vector<Setting> capacity_settings() {
    return {
        integer_setting({"capacity", "session_capacity", "N", "Sessions at once"}, &Config::session_capacity,
                        64, most_sessions),
        integer_setting({"capacity", "address_capacity", "N", "Active addresses of all domains together"},
                        &Config::address_capacity, 64, most_addresses),
        integer_setting({"capacity", "domain_capacity", "N", "Broadcast domains"}, &Config::domain_capacity,
                        1, 65'536),
        integer_setting({"capacity", "sighting_capacity", "N", "Addresses that sightings alone vouch for"},
                        &Config::sighting_capacity, 1, 1U << 20),
        integer_setting(
            {"capacity", "pending_capacity", "N", "Flows diverted without a session that may be answered"},
            &Config::pending_capacity, 64, most_sessions),
        integer_setting({"capacity", "listed_capacity", "N", "Sources on lists or moved by a tier"},
                        &Config::listed_capacity, 64, most_sources),
        integer_setting({"capacity", "history_capacity", "N", "Sources whose history tiers remember"},
                        &Config::history_capacity, 64, most_sources),
        integer_setting({"capacity", "mbufs", "N", "Packet buffers"}, &Config::mbufs, 2'048, 1U << 24),
    };
}

std::vector<Setting> timeout_settings() {
    return {
        at_run_time(duration_setting(
            {"timeouts", "idle_timeout", "DURATION", "A session ends when it was idle for this"},
            &Config::idle_timeout, 100ms, 24h)),
        at_run_time(duration_setting(
            {"timeouts", "outlive_timeout", "DURATION",
             "A session of UDP, ICMP or without ports goes on for this when its address has become active"},
            &Config::outlive_timeout, 0ms, 24h)),
        at_run_time(duration_setting({"timeouts", "agent_timeout", "DURATION",
                                      "A domain becomes unknown when its agents were silent for this"},
                                     &Config::agent_timeout, 100ms, 1h)),
        at_run_time(duration_setting({"timeouts", "sighting_lifetime", "DURATION",
                                      "A packet from the inside vouches for its source for this"},
                                     &Config::sighting_lifetime, 100ms, 168h)),
        duration_setting({"timeouts", "heartbeat_timeout", "DURATION",
                          "Workers fail open when the control thread was silent for this"},
                         &Config::heartbeat_timeout, 10ms, 60s),
        at_run_time(duration_setting(
            {"timeouts", "health_interval", "DURATION",
             "From one check of a honeypot to the next; it is down after three without answer"},
            &Config::health_interval, 100ms, 60s)),
    };
}

std::vector<Setting> admission_settings() {
    return {
        at_run_time(choice_setting({"admission", "admission", "RULE", "With which packet a session begins"},
                                   &Config::admission,
                                   {{"auto", Admission::automatic},
                                    {"first-packet", Admission::first_packet},
                                    {"handshake", Admission::handshake}})),
        at_run_time(integer_setting({"admission", "high_water", "PERCENT",
                                     "auto: handshake once so much of session_capacity is used"},
                                    &Config::high_water, 1, 100)),
        at_run_time(integer_setting(
            {"admission", "low_water", "PERCENT", "auto: first-packet again once it is less than this"},
            &Config::low_water, 1, 100)),
        at_run_time(choice_setting({"admission", "backscatter", "RULE",
                                    "What becomes of packets that can only answer a forged source"},
                                   &Config::backscatter,
                                   {{"count", Backscatter::count}, {"honeypot", Backscatter::honeypot}})),
    };
}

std::vector<Setting> diversion_settings() {
    return {
        at_run_time(choice_setting(
            {"diversion", "containment", "RULE", "What honeypots may send of their own accord"},
            &Config::containment,
            {{"session", Containment::session},
             {"limited", Containment::limited},
             {"open", Containment::open}})),
        at_run_time(prefixes_setting("active", "Addresses that are always active", &Config::static_active)),
        at_run_time(prefixes_setting("dark", "A known domain that needs no agent", &Config::dark)),
        at_run_time(prefixes_setting(
            "campus", "Where nothing of a honeypot goes, besides grants, dark prefixes and active addresses",
            &Config::campus)),
    };
}

std::vector<Setting> containment_settings() {
    return {
        at_run_time(list_setting({"containment", "allow", "FLOW",
                                  "Where honeypots may open flows to with containment = limited: "
                                  "udp:53:192.0.2.53/32, tcp:1-1023:0.0.0.0/0, icmp:192.0.2.0/24"},
                                 &Config::containment_allow, parse_allowed_flow,
                                 [](const AllowedFlow& flow) { return to_string(flow); })),
        at_run_time(integer_setting(
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

std::vector<Setting> operator_settings() {
    const auto unchanged = [](const std::string& text) { return text; };
    return {
        text_setting({"notices", "listen_address", "ADDRESS", "IPv4 address that receives agents' notices"},
                     &Config::listen_address, parse_listen_address, unchanged),
        integer_setting({"notices", "listen_port", "PORT", "UDP port that receives agents' notices"},
                        &Config::listen_port, 1, 65'535),
        text_setting({"operator", "control_socket", "PATH", "Unix socket for honeyctl"},
                     &Config::control_socket, parse_socket_path, as_string),
        text_setting({"operator", "group", "NAME", "Group that may ask and change through control_socket"},
                     &Config::control_group, parse_group_name, unchanged),
        text_setting({"operator", "read_group", "NAME", "Group that may only ask through control_socket"},
                     &Config::read_group, parse_group_name, unchanged),
        at_run_time(choice_setting({"operator", "log_level", "LEVEL", "The least grave that is logged"},
                                   &Config::log_level,
                                   {{"trace", "trace"},
                                    {"debug", "debug"},
                                    {"info", "info"},
                                    {"warning", "warning"},
                                    {"error", "error"},
                                    {"critical", "critical"}})),
    };
}

std::vector<Setting> all_settings() {
    std::vector<Setting> all;
    for (auto group :
         {port_settings(), process_settings(), capacity_settings(), timeout_settings(), admission_settings(),
          diversion_settings(), containment_settings(), operator_settings()})
        std::ranges::move(group, std::back_inserter(all));
    return all;
}

}  // namespace

std::string Setting::option() const {
    auto name = "--" + std::string(key);
    std::ranges::replace(name, '_', '-');
    return name;
}

std::span<const Setting> settings() {
    static const auto all = all_settings();
    return all;
}

}  // namespace honeyswitch::control
