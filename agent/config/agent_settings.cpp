#include "agent/config/agent_settings.hpp"

#include <algorithm>

#include "agent/wire/address_set.hpp"
#include "base/inhabited.hpp"
#include "base/settings/setting_kinds.hpp"

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;
using Make = SettingKinds<DomainSpec>;
using DomainSetting = SettingOf<DomainSpec>;

constexpr unsigned longest_domain = 30;
constexpr Milliseconds longest_duration = 168h;

std::expected<std::string, std::string> any_text(std::string_view text) {
    return std::string(text);
}

std::string unchanged(const std::string& text) {
    return text;
}

std::string as_string(const std::filesystem::path& path) {
    return path.string();
}

/// Empty: there is none.
std::expected<std::filesystem::path, std::string> parse_status_socket(std::string_view text) {
    if (text.empty()) return std::filesystem::path();
    return parse_socket_path(text);
}

std::expected<Ipv4Prefix, std::string> parse_domain(std::string_view text) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return std::unexpected(prefix.error());
    if (prefix->length < shortest_domain || prefix->length > longest_domain)
        return std::unexpected(
            fmt::format("'{}' is no domain: one is a /{} to a /{}", text, shortest_domain, longest_domain));
    if (const auto wrong = nobody_on(*prefix)) return std::unexpected(fmt::format("'{}' {}", text, *wrong));
    return *prefix;
}

/// An address, a prefix or a MAC address, or nothing for what has not been said.
constexpr auto text_of = [](const auto& value) {
    if constexpr (requires { value.has_value(); })
        return value ? to_string(*value) : std::string();
    else
        return to_string(value);
};

std::string rate_help() {
    const SweepOptions sweep;
    const auto load = sweep.rate * 84 * 8 / 1e6;  // preamble, frame of 60, check sequence and gap
    return fmt::format(
        "ARP requests per second while a sweep runs: each occupies 84 octets of the wire, so that {} are a "
        "broadcast load of {:.1f} Mbit/s and a sweep of a /24 takes {:.1f} s",
        sweep.rate, load, 254.0 / sweep.rate);
}

std::vector<DomainSetting> whole_domain_settings() {
    return {
        Make::text(
            {"", "interface", "INTERFACE", "Watch and sweep the broadcast domain here"},
            [](auto& spec) -> auto& { return spec.options.interface; }, any_text, unchanged),
        Make::integer(
            {"", "vlan", "ID", "VLAN of the interface, an IEEE 802.1Q trunk"},
            [](auto& spec) -> auto& { return spec.options.vlan; }, 1, 4094),
        Make::text({"", "prefix", "PREFIX",
                    "Of the domain, a /16 to a /30; without it that of the interface's address"},
                   &DomainSpec::prefix, parse_domain, text_of),
        Make::text(
            {"", "sender", "ADDRESS",
             "Address of the domain, set aside for the agent to ask in its name; needed where the "
             "interface has none there"},
            [](auto& spec) -> auto& { return spec.options.sender; }, parse_address, text_of),
        Make::list(
            {"", "always", "ADDRESS", "An address that is always active"},
            [](auto& spec) -> auto& { return spec.options.always; }, parse_address, text_of),
        Make::list({"", "gateway", "ADDRESS", "A router of the domain: always active as well"},
                   &DomainSpec::gateways, parse_address, text_of),
        Make::integer(
            {"", "min_answers", "N", "A sweep that fewer hosts answer says nothing"},
            [](auto& spec) -> auto& { return spec.options.min_answers; }, 0, 65'536),
    };
}

std::vector<DomainSetting> sweep_settings() {
    return {
        with_former_option("--rate",
                           Make::integer(
                               {"sweep", "rate", "N", rate_help()},
                               [](auto& spec) -> auto& { return spec.options.sweep.rate; }, 1, 100'000)),
        Make::integer(
            {"sweep", "retries", "N", "Requests after one that was not answered"},
            [](auto& spec) -> auto& { return spec.options.sweep.retries; }, 0, 10),
        Make::duration(
            {"sweep", "interval", "DURATION", "From the begin of a sweep to that of the next"},
            [](auto& spec) -> auto& { return spec.options.sweep.interval; }, 1s, longest_duration),
        Make::duration(
            {"sweep", "patience", "DURATION", "Time for answers after each pass"},
            [](auto& spec) -> auto& { return spec.options.sweep.patience; }, 10ms, 1h),
    };
}

std::vector<DomainSetting> probe_settings() {
    return {
        with_former_option("--probes",
                           Make::integer(
                               {"probe", "count", "N", "Unicast probes to a host that missed a sweep"},
                               [](auto& spec) -> auto& { return spec.options.probe.count; }, 1, 100)),
        Make::duration(
            {"probe", "interval", "DURATION", "From one of them to the next"},
            [](auto& spec) -> auto& { return spec.options.probe.interval; }, 10ms, 1h),
        with_former_option(
            "--hold",
            Make::duration(
                {"probe", "hold", "DURATION", "Time without evidence before an address is inactive"},
                [](auto& spec) -> auto& { return spec.options.probe.hold; }, 0ms, longest_duration)),
    };
}

std::vector<DomainSetting> guard_settings() {
    return {
        Make::integer(
            {"proxy", "limit", "N",
             "A MAC address that answers for more addresses is examined: proxy or host"},
            [](auto& spec) -> auto& { return spec.options.proxy.limit; }, 1, 65'536),
        Make::list(
            {"proxy", "allowed", "MAC", "Of a host with many addresses, which is never examined"},
            [](auto& spec) -> auto& { return spec.options.proxy.allowed; }, parse_mac, text_of),
        Make::list(
            {"proxy", "ignored", "MAC", "Of a proxy, whose answers are never evidence"},
            [](auto& spec) -> auto& { return spec.options.proxy.ignored; }, parse_mac, text_of),
        Make::integer(
            {"cut_off", "hosts", "N",
             "When so many hosts are known and most of them miss a sweep, the agent is cut off"},
            [](auto& spec) -> auto& { return spec.options.cut_off_hosts; }, 2, 65'536),
        Make::integer(
            {"cut_off", "sweeps", "N", "Answered sweeps in a row after which it no longer is"},
            [](auto& spec) -> auto& { return spec.options.cut_off_sweeps; }, 1, 1000),
    };
}

std::vector<DomainSetting> all_domain_settings() {
    std::vector<DomainSetting> all;
    for (auto group : {whole_domain_settings(), sweep_settings(), probe_settings(), guard_settings()})
        std::ranges::move(group, std::back_inserter(all));
    for (auto& setting : all) setting.table_in_option = true;
    return all;
}

std::vector<SettingOf<AgentOptions>> all_agent_settings() {
    using Of = SettingKinds<AgentOptions>;
    return {
        Of::text({"", "name", "NAME", "Of this agent, as in the controllers' configuration"},
                 &AgentOptions::name, any_text, unchanged),
        formerly({"", "key"},
                 Of::text({"", "key_file", "PATH", "The key that is shared with the controllers"},
                          &AgentOptions::key_file, parse_path, as_string)),
        formerly({"", "controllers"},
                 Of::list({"", "controller", "HOST[:PORT]", "Of a honeyswitch to report to"},
                          &AgentOptions::controllers, any_text, unchanged)),
        formerly({"", "static_lists"},
                 Of::list({"", "static_list", "PATH", "A file of addresses that are always active"},
                          &AgentOptions::static_lists, parse_path, as_string)),
        Of::text({"", "status_socket", "PATH", "Where --status finds this agent"},
                 &AgentOptions::status_socket, parse_status_socket, as_string),
        Of::text({"", "user", "NAME", "Run as this user after start, with CAP_NET_RAW alone"},
                 &AgentOptions::user, any_text, unchanged),
        Of::choice({"", "log_level", "", "The least grave that is logged"}, &AgentOptions::log_level,
                   {{"trace", "trace"},
                    {"debug", "debug"},
                    {"info", "info"},
                    {"warning", "warning"},
                    {"error", "error"},
                    {"critical", "critical"},
                    {"off", "off"}}),
    };
}

}  // namespace

std::span<const SettingOf<AgentOptions>> agent_settings() {
    static const auto all = all_agent_settings();
    return all;
}

std::span<const DomainSetting> domain_settings() {
    static const auto all = all_domain_settings();
    return all;
}

std::span<const SettingOf<LeaseSource>> lease_settings() {
    using Of = SettingKinds<LeaseSource>;
    static const std::vector<SettingOf<LeaseSource>> all{
        Of::text({"", "file", "PATH", "Where the DHCP server keeps its leases"}, &LeaseSource::path,
                 parse_path, as_string),
        Of::choice({"", "format", "", "Which server wrote it"}, &LeaseSource::format,
                   {{"isc", LeaseFormat::isc_dhcpd}, {"kea", LeaseFormat::kea_memfile}}),
    };
    return all;
}

}  // namespace honeyswitch::agent
