#include "control/process/inspector.hpp"

#include <algorithm>

namespace honeyswitch::control {
namespace {

/// Places of the session table looked at for one page, used or not: what a page costs is bounded by this.
constexpr std::uint32_t places_a_page = 65'536;

template <typename Id>
CounterRow row_of(const CounterInfo<Id>& info, std::uint64_t value) {
    return {.name = std::string(info.name),
            .help = std::string(info.help),
            .value = value,
            .unit = std::string(info.unit),
            .fate = std::string(honeyswitch::name_of(info.fate))};
}

}  // namespace

Stats Inspector::stats(TimePoint now) const {
    Stats stats = config_.stats;
    const auto& admission = parts_.controller.admission();
    stats.now = now;
    stats.started = parts_.started;
    stats.idle_timeout = config_.idle_timeout;
    const auto diversion = parts_.diversion.state();
    stats.mode = diversion.mode;
    stats.maintenance = diversion.maintenance;
    stats.sessions = parts_.the_switch.flows().session_count();
    stats.session_capacity = parts_.the_switch.flows().session_capacity();
    stats.active = static_cast<std::uint32_t>(parts_.controller.addresses().entries().size());
    stats.sightings = static_cast<std::uint32_t>(parts_.controller.sightings());
    stats.counters = counters();
    stats.ports = ports();
    stats.honeypots = honeypots();
    stats.handshake_now = admission.handshake();
    stats.high_water = admission.marks().high_water;
    stats.low_water = admission.marks().low_water;
    stats.sources = parts_.plane.sources().size();
    if (parts_.insurance.pending()) stats.unconfirmed = parts_.insurance.reload();
    if (const auto until = parts_.insurance.until())
        stats.confirm_within = std::max(*until - now, Milliseconds{0});
    if (const auto& saved = parts_.state.saved()) {
        stats.saved = saved->at;
        stats.saved_sessions = saved->sessions;
        stats.saving = saved->took;
    }
    stats.reputations = parts_.controller.sessions().reputation().size();
    return stats;
}

std::vector<CounterRow> Inspector::counters() const {
    std::vector<CounterRow> rows;
    rows.reserve(dataplane::counter_count + control_counter_count);
    for (const auto& info : dataplane::counter_info)
        rows.push_back(row_of(info, parts_.plane.counted(info.id)));
    for (const auto& info : control_counter_info) rows.push_back(row_of(info, counted(info.id)));
    for (CounterRow& row : parts_.notices.counter_rows()) rows.push_back(std::move(row));
    return rows;
}

/// Each is counted where it happens.
std::uint64_t Inspector::counted(ControlCounter counter) const {
    if (counter == ControlCounter::list_refused) return parts_.lists.refused();
    if (counter == ControlCounter::port_settings_changed) return parts_.keeper.changes();
    if (counter == ControlCounter::link_ports_taken_down) return parts_.links.policy().times_taken_down();
    return parts_.controller.counters().value(counter) + parts_.the_switch.counters().value(counter);
}

std::vector<PortRow> Inspector::ports() const {
    std::vector<PortRow> rows;
    rows.reserve(config_.ports.size());
    for (std::size_t i = 0; i < config_.ports.size(); ++i) rows.push_back(port(i));
    return rows;
}

PortRow Inspector::port(std::size_t index) const {
    PortRow row = config_.ports[index];
    const auto& device = parts_.plane.ports()[index];
    const auto port = static_cast<dataplane::PortIndex>(index);
    const auto counted = parts_.plane.statistics(port);
    row.driver = device.driver();
    row.link_up = device.link_up();
    row.held = parts_.links.policy().holds(index);
    row.mtu = dataplane::mtu_of_frame(device.passes());
    row.rx_packets = counted.rx_packets;
    row.rx_bytes = counted.rx_bytes;
    row.rx_missed = counted.rx_missed;
    row.rx_no_buffer = counted.rx_no_buffer;
    row.rx_too_long = counted.rx_too_long;
    row.rx_crc = counted.rx_crc;
    row.rx_errors = counted.rx_errors;
    row.rx_dropped = counted.rx_dropped;
    row.tx_packets = counted.tx_packets;
    row.tx_bytes = counted.tx_bytes;
    row.tx_dropped = parts_.plane.dropped_at(port);
    row.tx_lost = counted.tx_lost;
    return row;
}

SessionPage Inspector::sessions(std::uint32_t cursor, std::size_t limit, TimePoint now) const {
    SessionPage page;
    const std::uint32_t capacity = parts_.the_switch.flows().session_capacity();
    std::uint32_t looked = 0;
    for (; cursor < capacity && page.rows.size() < limit && looked < places_a_page; ++cursor, ++looked) {
        auto stats = parts_.the_switch.flows().session(FlowId{cursor}, now);
        if (!stats || parts_.the_switch.flows().ended(FlowId{cursor})) continue;
        page.rows.push_back(
            {FlowId{cursor}, *stats, parts_.numbers.honeypot(stats->honeypot), stats->progress});
    }
    if (cursor < capacity) page.next = cursor;
    return page;
}

ActivePage Inspector::active(Ipv4Address from, std::size_t limit) const {
    ActivePage page;
    const auto& entries = parts_.controller.addresses().entries();
    for (auto place = entries.lower_bound(from); place != entries.end(); ++place) {
        if (page.rows.size() == limit) {
            page.next = place->first;
            break;
        }
        ActiveRow row{.address = place->first, .vouchers = {}, .since = place->second.since};
        for (const Voucher voucher : place->second.vouchers) row.vouchers.push_back(name_of(voucher));
        page.rows.push_back(std::move(row));
    }
    return page;
}

std::string Inspector::name_of(Voucher voucher) const {
    switch (voucher) {
        case Voucher::subnet:
            return "subnet";
        case Voucher::sighting:
            return "sighting";
        case Voucher::static_entry:
            return "static";
    }
    return "agent:" + parts_.notices.name_of(static_cast<AgentId>(voucher));
}

EventNames names_of(const ConfigNumbers& numbers) {
    EventNames names;
    for (unsigned number = 0; number < limits::honeypots; ++number)
        names.honeypots.push_back(numbers.honeypot(static_cast<HoneypotId>(number)));
    for (unsigned number = 0; number < limits::pools; ++number)
        names.pools.push_back(numbers.pool(static_cast<PoolId>(number)));
    return names;
}

EventNames Inspector::event_names() const {
    EventNames names = names_of(parts_.numbers);
    for (const RuleRow& rule : config_.rules) names.rules.push_back(rule.name);
    names.lists.resize(limits::lists);
    for (const auto& [number, list] : config_.lists) names.lists.at(number) = list.name;
    for (const PortRow& port : config_.ports)
        if (port.name == "outside") names.links.push_back(port.link);
    if (names.links.size() == 1) names.links.clear();
    const auto add = [&](Voucher voucher) {
        names.vouchers.emplace(std::to_underlying(voucher), name_of(voucher));
    };
    for (const Voucher voucher : {Voucher::subnet, Voucher::sighting, Voucher::static_entry}) add(voucher);
    for (std::size_t i = 0; i < parts_.notices.agent_ids(); ++i) add(voucher_of(static_cast<AgentId>(i)));
    return names;
}

DomainRow Inspector::domain(Ipv4Prefix prefix, const Domain& domain) const {
    DomainRow row{.prefix = prefix, .state = domain.state, .agents = {}, .since = domain.since};
    for (const AgentId agent : domain.agents) row.agents.push_back(parts_.notices.name_of(agent));
    row.active = parts_.controller.addresses().count_in(prefix);
    row.sessions = static_cast<std::uint32_t>(parts_.the_switch.flows().sessions_in(prefix));
    return row;
}

std::vector<DomainRow> Inspector::domains_around(Ipv4Prefix prefix) const {
    std::vector<DomainRow> rows;
    const auto& all = parts_.controller.domains();
    for (unsigned length = 0; length < prefix.length; ++length)
        if (const auto place = all.find(Ipv4Prefix::of(prefix.network, length)); place != all.end())
            rows.push_back(domain(place->first, place->second));
    return rows;
}

DomainPage Inspector::domains(Ipv4Address from, std::size_t limit) const {
    DomainPage page;
    const auto& all = parts_.controller.domains();
    for (auto place = all.lower_bound({from, 0}); place != all.end(); ++place) {
        const auto& [prefix, state] = *place;
        if (page.rows.size() >= limit && prefix.network != page.rows.back().prefix.network) {
            page.next = prefix.network;
            break;
        }
        page.rows.push_back(domain(prefix, state));
    }
    return page;
}

}  // namespace honeyswitch::control
