#include "control/config/honeypot_records.hpp"

#include "control/config/flow_text.hpp"

namespace honeyswitch::control {
namespace {

constexpr std::uint16_t last_vlan = 4'094;  // IEEE 802.1Q; 4095 is reserved
constexpr unsigned most_weight = 100;

struct Check {
    bool watched = true;
    std::optional<std::uint16_t> tcp_port;
};

std::expected<Check, std::string> parse_check(std::string_view text) {
    constexpr std::string_view tcp = "tcp:";
    const auto bad = [text] {
        return std::unexpected(fmt::format(
            "'{}' is not a check: write none, arp, or tcp:PORT with a port from 1 to 65535", text));
    };
    if (text == "none") return Check{.watched = false, .tcp_port = std::nullopt};
    if (text == "arp") return Check{};
    if (!text.starts_with(tcp)) return bad();
    const auto port = parse_port_range(text.substr(tcp.size()));
    if (!port || port->first != port->last || port->first == 0) return bad();
    return Check{.watched = true, .tcp_port = port->first};
}

}  // namespace

void read_pool(RecordReader& reader, Config& config) {
    Pool pool;
    reader.only({"name", "affinity", "when_none", "on_failure"});
    pool.name = reader.name();
    reader.choice("affinity", pool.affinity,
                  {{"source", Affinity::source},
                   {"destination", Affinity::destination},
                   {"session", Affinity::session}});
    reader.choice("when_none", pool.when_none,
                  {{"inside", Pool::WhenNone::inside}, {"drop", Pool::WhenNone::drop}});
    reader.choice("on_failure", pool.on_failure,
                  {{"stay", Pool::OnFailure::stay}, {"move", Pool::OnFailure::move}});
    config.pools.push_back(std::move(pool));
}

void read_honeypot(RecordReader& reader, Config& config) {
    const auto index = config.honeypots.size();
    Honeypot honeypot;
    reader.only({"name", "mac", "vlan", "port", "pool", "weight", "check"});
    honeypot.name = reader.name();
    reader.parsed("mac", honeypot.mac, parse_mac);
    reader.integer("vlan", honeypot.vlan, 1, last_vlan);
    reader.refer("port", Reference::To::honeypot_port,
                 [index](Config& all, std::size_t port) { all.honeypots[index].port = port; });
    reader.refer("pool", Reference::To::pool,
                 [index](Config& all, std::size_t pool) { all.honeypots[index].pool = pool; });
    reader.integer("weight", honeypot.weight, 1U, most_weight);
    Check check;
    reader.parsed("check", check, parse_check);
    honeypot.watched = check.watched;
    honeypot.check_tcp_port = check.tcp_port;
    if (!honeypot.watched && !honeypot.mac)
        reader.fail("check", "check \"none\" needs mac: it is learned by ARP");
    config.honeypots.push_back(std::move(honeypot));
}

}  // namespace honeyswitch::control
