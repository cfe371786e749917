#include "control/operator/operator_flows.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/headers.hpp"

namespace honeyswitch::control {
namespace {

/// What the flows of a page are made of: the upper half of a cursor. The lower half is the table's own.
enum class Kind : std::uint8_t { ports, domains, active, sessions, end };

std::uint64_t cursor_of(Kind kind, std::uint32_t place = 0) {
    return std::uint64_t{std::to_underlying(kind)} << 32 | place;
}

constexpr std::string_view outside = "outside", honeypot_side = "honeypot", mirror = "mirror";
constexpr std::uint16_t vlan_tag = 0x8100, vlan_mask = 0xfff;  // IEEE 802.1Q

bool is_any(Ipv4Prefix prefix) {
    return prefix.length == 0;
}

/// A time that lies ahead of `now` (both are read by the loop, in turns) is no time ago.
Milliseconds age(TimePoint then, TimePoint now) {
    return std::max(now - then, Milliseconds{0});
}

/// Its datagrams have ports or an identifier, so that only their later fragments have none.
bool has_ports(std::uint8_t number) {
    return number == protocol::icmp || number == protocol::tcp || number == protocol::udp ||
           number == protocol::sctp || number == protocol::dccp || number == protocol::udp_lite;
}

bool is_of_honeypots(const PortRow& port) {
    return port.name.starts_with(honeypot_side);
}

/// The controlling port of each honeypot, and what its frames are given on their way to it.
class Honeypots {
  public:
    explicit Honeypots(const Inspect& inspect) : rows_(inspect.honeypots()), ports_(inspect.port_names()) {}

    [[nodiscard]] std::string port_of(std::string_view name) const {
        const auto* const row = find(name);
        const auto port = std::ranges::find_if(ports_, [&](const PortRow& each) {
            return is_of_honeypots(each) && (row == nullptr || each.device == row->port);
        });
        return port == ports_.end() ? std::string(honeypot_side) : port->name;
    }
    [[nodiscard]] std::vector<FlowAction> way_to(std::string_view name) const {
        std::vector<FlowAction> actions;
        if (const auto* const row = find(name)) {
            if (row->mac) actions.emplace_back(SetDestinationMac{*row->mac});
            if (row->vlan) actions.emplace_back(PushVlan{.tpid = vlan_tag, .vlan = *row->vlan});
        }
        actions.emplace_back(Output{port_of(name)});
        return actions;
    }

  private:
    [[nodiscard]] const HoneypotRow* find(std::string_view name) const {
        const auto row = std::ranges::find(rows_, name, &HoneypotRow::name);
        return row == rows_.end() ? nullptr : &*row;
    }
    std::vector<HoneypotRow> rows_;
    std::vector<PortRow> ports_;
};

Flow default_flow(const Stats& stats, const std::string& in_port) {
    Flow flow{.match = {.in_port = in_port}, .duration = age(stats.started, stats.now)};
    const bool contained = in_port.starts_with(honeypot_side) && stats.containment != Containment::open;
    if (contained || in_port == mirror)
        flow.actions = {DropIt{}};
    else
        flow.actions = {Output{in_port == outside ? "inside" : std::string(outside)}};
    return flow;
}

std::vector<Flow> default_flows(const Inspect& inspect, TimePoint now) {
    const auto stats = inspect.stats(now);
    std::vector<Flow> flows{default_flow(stats, "inside")};
    for (const PortRow& port : inspect.port_names())
        if (is_of_honeypots(port)) flows.push_back(default_flow(stats, port.name));
    if (flows.size() == 1) flows.push_back(default_flow(stats, std::string(honeypot_side)));
    flows.push_back(default_flow(stats, std::string(outside)));
    if (std::ranges::any_of(inspect.port_names(), [](const PortRow& port) { return port.name == mirror; }))
        flows.push_back(default_flow(stats, std::string(mirror)));
    return flows;
}

Flow to_destination(unsigned priority, Ipv4Prefix destination, FlowAction action, Milliseconds duration) {
    return {.priority = priority,
            .match = {.in_port = std::string(outside), .ipv4 = true, .destination = destination},
            .actions = {std::move(action)},
            .duration = duration};
}

/// An unknown domain has a flow only if it lies within a known one, whose flow must not count for it.
std::optional<Flow> domain_flow(const Inspect& inspect, const DomainRow& row, TimePoint now) {
    const auto is_known = [](const DomainRow& each) { return each.state != DomainState::unknown; };
    const auto duration = age(row.since, now);
    if (is_known(row)) return to_destination(1, row.prefix, ToController{}, duration);
    if (!std::ranges::any_of(inspect.domains_around(row.prefix), is_known)) return std::nullopt;
    return to_destination(1, row.prefix, Output{"inside"}, duration);
}

Flow session_part(const Inspect& inspect, const SessionRow& row, TimePoint now) {
    const SessionKey& key = row.stats.key;
    const bool ports = key.kind == dataplane::KeyKind::ports, icmp = key.protocol == protocol::icmp;
    Flow flow{.priority = 3,
              .cookie = std::to_underlying(row.flow),
              .match = {.ipv4 = true, .protocol = key.protocol},
              .duration = age(row.stats.created, now),
              .idle_timeout = inspect.idle_timeout(),
              .idle = age(row.stats.last_seen, now)};
    if (ports && icmp) flow.match.identifier = key.outside_port.host();
    flow.match.later_fragment = !ports && has_ports(key.protocol);
    return flow;
}

Ipv4Prefix host(Be32 address) {
    return Ipv4Prefix::of({address.host()}, 32);
}

void set_ends(FlowMatch& match, const SessionKey& key, bool from_outside) {
    match.source = host(from_outside ? key.outside : key.inside);
    match.destination = host(from_outside ? key.inside : key.outside);
    if (key.kind != dataplane::KeyKind::ports || key.protocol == protocol::icmp) return;
    match.source_port = (from_outside ? key.outside_port : key.inside_port).host();
    match.destination_port = (from_outside ? key.inside_port : key.outside_port).host();
}

Flow session_flow(const Inspect& inspect, const Honeypots& honeypots, const SessionRow& row, TimePoint now) {
    Flow flow = session_part(inspect, row, now);
    flow.match.in_port = outside;
    set_ends(flow.match, row.stats.key, true);
    flow.actions = honeypots.way_to(row.honeypot);
    flow.counts = {row.stats.packets_in, row.stats.bytes_in};
    return flow;
}

/// The MAC pair as it came, swapped, and the tags, the outer one pushed last.
Flow reply_flow(const Inspect& inspect, const Honeypots& honeypots, const SessionRow& row, TimePoint now) {
    Flow flow = session_part(inspect, row, now);
    flow.match.in_port = honeypots.port_of(row.honeypot);
    set_ends(flow.match, row.stats.key, false);
    const L2Path& path = row.stats.path;
    flow.actions = {SetSourceMac{{path.destination}}, SetDestinationMac{{path.source}}};
    for (std::size_t i = std::min<std::size_t>(path.tag_count, path.tags.size()); i-- > 0;) {
        const auto& tag = path.tags.at(i);
        flow.actions.emplace_back(PushVlan{.tpid = tag.tpid.host(),
                                           .vlan = static_cast<std::uint16_t>(tag.tci.host() & vlan_mask)});
    }
    flow.actions.emplace_back(Output{std::string(outside)});
    flow.counts = {row.stats.packets_out, row.stats.bytes_out};
    return flow;
}

/// The pages of one kind of flow after the other.
class Pages {
  public:
    Pages(const Inspect& inspect, const FlowSelection& selection, std::size_t limit, TimePoint now)
        : inspect_(inspect), selection_(selection), limit_(limit), now_(now) {}

    [[nodiscard]] FlowPage of_ports() const {
        const bool wanted = is_any(selection_.source) && is_any(selection_.destination);
        return {wanted ? default_flows(inspect_, now_) : std::vector<Flow>{}, cursor_of(Kind::domains)};
    }

    /// Those that the destination lies in, which are few and all on the first page, and those within it.
    [[nodiscard]] FlowPage of_domains(std::uint32_t place) const {
        FlowPage page{{}, cursor_of(Kind::active)};
        if (!is_any(selection_.source)) return page;
        const Ipv4Prefix wanted = selection_.destination;
        const auto add = [&](const DomainRow& row) {
            if (auto flow = domain_flow(inspect_, row, now_)) page.flows.push_back(std::move(*flow));
        };
        if (place == 0)
            for (const DomainRow& row : inspect_.domains_around(wanted)) add(row);
        const auto found = inspect_.domains(std::max(Ipv4Address{place}, wanted.network), limit_);
        for (const DomainRow& row : found.rows)
            if (wanted.contains(row.prefix)) add(row);
        if (found.next && wanted.contains(*found.next))
            page.next = cursor_of(Kind::domains, found.next->value);
        return page;
    }

    [[nodiscard]] FlowPage of_active(std::uint32_t place) const {
        FlowPage page{{}, cursor_of(Kind::sessions)};
        if (!is_any(selection_.source)) return page;
        const Ipv4Prefix wanted = selection_.destination;
        const auto found = inspect_.active(std::max(Ipv4Address{place}, wanted.network), limit_);
        for (const ActiveRow& row : found.rows)
            if (wanted.contains(row.address))
                page.flows.push_back(to_destination(2, Ipv4Prefix::of(row.address, 32), Output{"inside"},
                                                    age(row.since, now_)));
        if (found.next && wanted.contains(*found.next))
            page.next = cursor_of(Kind::active, found.next->value);
        return page;
    }

    [[nodiscard]] FlowPage of_sessions(std::uint32_t place) const {
        FlowPage page;
        const Honeypots honeypots(inspect_);
        const auto found = inspect_.sessions(place, limit_, now_);
        for (const SessionRow& row : found.rows) {
            const SessionKey& key = row.stats.key;
            if (!selection_.source.contains(Ipv4Address{key.outside.host()}) ||
                !selection_.destination.contains(Ipv4Address{key.inside.host()}))
                continue;
            page.flows.push_back(session_flow(inspect_, honeypots, row, now_));
            if (selection_.replies) page.flows.push_back(reply_flow(inspect_, honeypots, row, now_));
        }
        if (found.next) page.next = cursor_of(Kind::sessions, *found.next);
        return page;
    }

  private:
    const Inspect& inspect_;
    const FlowSelection& selection_;
    std::size_t limit_;
    TimePoint now_;
};

}  // namespace

FlowPage flows_of(const Inspect& inspect, const FlowSelection& selection, std::uint64_t cursor,
                  std::size_t limit, TimePoint now) {
    const Pages pages(inspect, selection, limit, now);
    const auto place = static_cast<std::uint32_t>(cursor);
    switch (static_cast<Kind>(std::min<std::uint64_t>(cursor >> 32, std::to_underlying(Kind::end)))) {
        case Kind::ports:
            return pages.of_ports();
        case Kind::domains:
            return pages.of_domains(place);
        case Kind::active:
            return pages.of_active(place);
        case Kind::sessions:
            return pages.of_sessions(place);
        case Kind::end:
            break;
    }
    return {};
}

}  // namespace honeyswitch::control
