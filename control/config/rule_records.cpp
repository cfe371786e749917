#include "control/config/rule_records.hpp"

#include <limits>

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr auto most_of_a_number = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t most_destinations = 256;  // estimated to a few percent (distinct_count.hpp)
constexpr unsigned most_failures = 10'000;
constexpr Milliseconds longest_window = 168h;
constexpr Milliseconds longest_lifetime = 8'760h;  // a year

}  // namespace

void read_rule(RecordReader& reader, Config& config) {
    const auto index = config.rules.size();
    Rule rule;
    reader.only({"name", "source", "destination", "protocol", "ports", "action", "pool"});
    rule.name = reader.name();
    for (const auto* const key : {"source", "destination", "ports"}) reader.refuse_empty(key);
    rule.sources = reader.prefixes("source", "source", parse_address_or_prefix);
    rule.destinations = reader.prefixes("destination", "destination", parse_address_or_prefix);
    rule.protocol = reader.protocol("protocol");
    rule.ports = reader.ports("ports");
    reader.require("action", "action = \"inside\", \"drop\", \"divert\" or \"pool\"");
    reader.choice("action", rule.action,
                  {{"inside", Rule::Action::inside},
                   {"drop", Rule::Action::drop},
                   {"divert", Rule::Action::divert},
                   {"pool", Rule::Action::pool}});
    reader.refer("pool", Reference::To::pool,
                 [index](Config& all, std::size_t pool) { all.rules[index].pool = pool; });
    config.rules.push_back(std::move(rule));
}

void read_list(RecordReader& reader, Config& config) {
    const auto index = config.lists.size();
    SourceList list;
    reader.only({"name", "kind", "file", "protocol", "ports", "pool"});
    list.name = reader.name();
    reader.require("kind", "kind = \"attacker\" or \"benign\"");
    reader.choice("kind", list.kind,
                  {{"attacker", SourceList::Kind::attacker}, {"benign", SourceList::Kind::benign}});
    list.file = reader.path("file");
    list.protocol = reader.protocol("protocol");
    reader.refuse_empty("ports");
    list.ports = reader.ports("ports");
    reader.refer("pool", Reference::To::pool,
                 [index](Config& all, std::size_t pool) { all.lists[index].pool = pool; });
    config.lists.push_back(std::move(list));
}

void read_auth_log(RecordReader& reader, Config& config) {
    const auto index = config.auth_logs.size();
    AuthLog log;
    reader.only({"file", "list", "failures", "window", "lifetime"});
    reader.require("file", "file = \"/var/log/auth.log\"");
    if (const auto file = reader.text("file")) reader.entitle(fmt::format("'{}'", *file));
    log.file = reader.path("file");
    reader.require("list", "list = \"NAME\" of an attacker list");
    reader.refer("list", Reference::To::list,
                 [index](Config& all, std::size_t list) { all.auth_logs[index].list = list; });
    reader.integer("failures", log.failures, 1U, most_failures);
    reader.duration("window", log.window, 1s, longest_window);
    reader.duration("lifetime", log.lifetime, 1s, longest_lifetime);
    config.auth_logs.push_back(std::move(log));
}

void read_tier(RecordReader& reader, Config& config) {
    const auto index = config.tiers.size();
    Tier tier;
    reader.only({"from", "to", "sessions", "destinations", "payload_sessions", "window"});
    reader.require("from", "from = \"POOL\"");
    reader.require("to", "to = \"POOL\"");
    if (const auto from = reader.text("from"), to = reader.text("to"); from && to)
        reader.entitle(fmt::format("'{}' to '{}'", *from, *to));
    reader.refer("from", Reference::To::pool,
                 [index](Config& all, std::size_t pool) { all.tiers[index].from = pool; });
    reader.refer("to", Reference::To::pool,
                 [index](Config& all, std::size_t pool) { all.tiers[index].to = pool; });
    reader.integer("sessions", tier.sessions, 1, most_of_a_number);
    reader.integer("destinations", tier.destinations, 1, most_destinations);
    reader.integer("payload_sessions", tier.payload_sessions, 1, most_of_a_number);
    reader.duration("window", tier.window, 1s, longest_window);
    if (!tier.sessions && !tier.destinations && !tier.payload_sessions)
        reader.fail("", "sessions, destinations and payload_sessions are all missing; write one at least");
    config.tiers.push_back(tier);
}

}  // namespace honeyswitch::control
