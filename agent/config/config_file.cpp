#include "agent/config/config_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "agent/config/config_reader.hpp"
#include "agent/explore/sweep.hpp"
#include "agent/wire/address_set.hpp"
#include "base/toml_keys.hpp"

namespace honeyswitch::agent {
namespace {

std::expected<void, Error> read_sweep(ConfigReader reader, SweepOptions& sweep) {
    reader.get("rate", sweep.rate, 1, 100'000);
    reader.get("retries", sweep.retries, 0, 10);
    reader.get("interval", sweep.interval, sweep_interval_range);
    reader.get("patience", sweep.patience, sweep_patience_range);
    return reader.finish();
}

std::expected<void, Error> read_probe(ConfigReader reader, ProbeOptions& probe) {
    reader.get("count", probe.count, 1, 100);
    reader.get("interval", probe.interval, probe_interval_range);
    reader.get("hold", probe.hold, probe_hold_range);
    return reader.finish();
}

std::expected<void, Error> read_proxy(ConfigReader reader, ProxyOptions& proxy) {
    reader.get("limit", proxy.limit, 1, 65'536);
    proxy.allowed = reader.macs("allowed");
    proxy.ignored = reader.macs("ignored");
    for (const auto& mac : proxy.ignored)
        if (std::ranges::find(proxy.allowed, mac) != proxy.allowed.end())
            reader.fail("ignored", fmt::format("{} is in allowed as well", to_string(mac)));
    return reader.finish();
}

std::expected<void, Error> read_cut_off(ConfigReader reader, DomainOptions& options) {
    reader.get("hosts", options.cut_off_hosts, 2, 65'536);
    reader.get("sweeps", options.cut_off_sweeps, 1, 1000);
    return reader.finish();
}

void read_prefix(ConfigReader& reader, DomainSpec& spec) {
    if (const auto text = reader.text("prefix")) {
        const auto prefix = parse_prefix(*text);
        if (!prefix) return reader.fail("prefix", prefix.error());
        if (prefix->length < shortest_domain || prefix->length > 30)
            return reader.fail("prefix", fmt::format("a domain is a /{} to a /30", shortest_domain));
        spec.prefix = *prefix;
    }
    if (spec.options.vlan && !spec.prefix) reader.fail("prefix", "is needed, as a VLAN has no address here");
}

void read_sender(ConfigReader& reader, DomainSpec& spec) {
    const auto text = reader.text("sender");
    if (!text) return;
    const auto address = parse_address(*text);
    if (!address) return reader.fail("sender", address.error());
    if (spec.prefix && !Sweep::is_usable(*spec.prefix, *address))
        return reader.fail("sender", fmt::format("{} is no host's address of {}", to_string(*address),
                                                 to_string(*spec.prefix)));
    spec.options.sender = *address;
}

std::expected<DomainSpec, Error> read_domain(ConfigReader& reader) {
    DomainSpec spec;
    auto& options = spec.options;
    reader.get("interface", options.interface);
    if (options.interface.empty()) reader.fail("interface", "is missing");
    unsigned vlan = 0;
    reader.get("vlan", vlan, 1, 4094);
    if (vlan != 0) options.vlan = static_cast<VlanIdentifier>(vlan);
    read_prefix(reader, spec);
    options.always = reader.addresses("always");
    if (const auto gateway = reader.text("gateway")) {
        const auto address = parse_address(*gateway);
        if (!address)
            reader.fail("gateway", address.error());
        else
            options.always.push_back(*address);
    }
    read_sender(reader, spec);
    for (const auto address : options.always)
        if (spec.prefix && !spec.prefix->contains(address))
            reader.fail("always",
                        fmt::format("{} is not in {}", to_string(address), to_string(*spec.prefix)));
    reader.get("min_answers", options.min_answers, 0, 65'536);
    if (auto read = read_sweep(reader.table("sweep"), options.sweep); !read)
        return std::unexpected(read.error());
    if (auto read = read_probe(reader.table("probe"), options.probe); !read)
        return std::unexpected(read.error());
    if (auto read = read_proxy(reader.table("proxy"), options.proxy); !read)
        return std::unexpected(read.error());
    if (auto read = read_cut_off(reader.table("cut_off"), options); !read)
        return std::unexpected(read.error());
    if (auto read = reader.finish(); !read) return std::unexpected(read.error());
    return spec;
}

std::expected<LeaseSource, Error> read_leases(ConfigReader& reader, const std::filesystem::path& folder) {
    LeaseSource source;
    const auto path = reader.text("file");
    if (!path)
        reader.fail("file", "is missing");
    else
        source.path = folder / *path;
    const auto format = reader.text("format");
    if (format == "kea")
        source.format = LeaseFormat::kea_memfile;
    else if (format != "isc")
        reader.fail("format", "must be \"isc\" or \"kea\"");
    if (auto read = reader.finish(); !read) return std::unexpected(read.error());
    return source;
}

std::expected<AgentOptions, Error> read_table(const toml::table& table, const std::filesystem::path& path) {
    const auto folder = path.parent_path();
    ConfigReader reader(table, path.string());
    AgentOptions options;
    reader.get("name", options.name);
    if (const auto key = reader.text("key")) options.key_file = folder / *key;
    options.controllers = reader.texts("controllers");
    for (const auto& list : reader.texts("static_lists")) options.static_lists.push_back(folder / list);
    if (const auto socket = reader.text("status_socket")) options.status_socket = folder / *socket;
    reader.get("user", options.user);
    reader.get("log_level", options.log_level);
    for (auto& domain : reader.tables("domain")) {
        auto read = read_domain(domain);
        if (!read) return std::unexpected(read.error());
        options.domains.push_back(std::move(*read));
    }
    for (auto& leases : reader.tables("leases")) {
        auto read = read_leases(leases, folder);
        if (!read) return std::unexpected(read.error());
        options.leases.push_back(std::move(*read));
    }
    if (auto read = reader.finish(); !read) return std::unexpected(read.error());
    return options;
}

}  // namespace

std::expected<AgentOptions, Error> read_config(const std::filesystem::path& path) {
    // What cannot be opened is toml++'s to say, below.
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (const auto line = line_of_too_deep_key(text))
        return std::unexpected(Error{"read", fmt::format("{}:{}", path.string(), *line),
                                     fmt::format("a key has more than {} parts", most_key_parts)});
    try {
        return read_table(file ? toml::parse(text, path.string()) : toml::parse_file(path.string()), path);
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        return std::unexpected(Error{"read",
                                     line == 0 ? path.string() : fmt::format("{}:{}", path.string(), line),
                                     std::string(error.description())});
    }
}

}  // namespace honeyswitch::agent
