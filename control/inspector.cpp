#include "control/inspector.hpp"

namespace honeyswitch::control {
namespace {

/// Places of the session table looked at for one page, used or not: what a page costs is bounded by this.
constexpr std::uint32_t places_a_page = 65'536;

}  // namespace

Stats Inspector::stats() const {
    return {.now = now_,
            .started = parts_.started,
            .sessions = parts_.the_switch.session_count(),
            .session_capacity = parts_.the_switch.session_capacity(),
            .active = static_cast<std::uint32_t>(parts_.controller.addresses().entries().size()),
            .sightings = static_cast<std::uint32_t>(parts_.controller.sightings()),
            .sighting_capacity = parts_.config.sighting_capacity,
            .counters = counters(),
            .ports = {port(dataplane::Side::outside, parts_.config.outside),
                      port(dataplane::Side::inside, parts_.config.inside),
                      port(dataplane::Side::honeypot, parts_.config.honeypot_port)},
            .honeypots = honeypots(),
            .containment = parts_.config.containment};
}

std::vector<CounterRow> Inspector::counters() const {
    std::vector<CounterRow> rows;
    rows.reserve(dataplane::counter_count + event_count + 1);
    for (std::size_t i = 0; i < dataplane::counter_count; ++i)
        rows.push_back({std::string(dataplane::counter_info.at(i).name),
                        std::string(dataplane::counter_info.at(i).help),
                        parts_.plane.counted(static_cast<dataplane::Counter>(i))});
    for (std::size_t i = 0; i < event_count; ++i)
        rows.push_back({std::string(event_info.at(i).name), std::string(event_info.at(i).help),
                        parts_.controller.events().value(static_cast<Event>(i))});
    rows.push_back({"packet_out_dropped", "Packet-Outs dropped because the ring to their worker stayed full.",
                    parts_.the_switch.packet_outs_dropped()});
    for (CounterRow& row : parts_.notices.counter_rows()) rows.push_back(std::move(row));
    return rows;
}

std::vector<HoneypotRow> Inspector::honeypots() const {
    std::vector<HoneypotRow> rows;
    for (std::size_t i = 0; i < parts_.config.honeypots.size(); ++i) {
        HoneypotRow row{.name = parts_.config.honeypots[i].name, .mac = std::nullopt};
        if (const auto mac = parts_.plane.honeypots().mac(static_cast<std::uint8_t>(i)))
            row.mac = MacAddress{mac->address()};
        rows.push_back(std::move(row));
    }
    return rows;
}

PortRow Inspector::port(dataplane::Side side, const PortSpec& spec) const {
    constexpr std::array dropped{dataplane::Counter::tx_dropped_outside,
                                 dataplane::Counter::tx_dropped_inside,
                                 dataplane::Counter::tx_dropped_honeypot};
    const auto& device = parts_.plane.port(side);
    const auto counted = device.statistics();
    const auto index = static_cast<std::size_t>(side);
    return {.name = std::string(dataplane::side_names.at(index)),
            .device = spec.text,
            .driver = device.driver(),
            .link_up = device.link_up(),
            .rx_packets = counted.rx_packets,
            .rx_bytes = counted.rx_bytes,
            .rx_missed = counted.rx_missed,
            .rx_no_buffer = counted.rx_no_buffer,
            .tx_packets = counted.tx_packets,
            .tx_bytes = counted.tx_bytes,
            .tx_dropped = parts_.plane.counted(dropped.at(index))};
}

SessionPage Inspector::sessions(std::uint32_t cursor, std::size_t limit) const {
    SessionPage page;
    const std::uint32_t capacity = parts_.the_switch.session_capacity();
    std::uint32_t looked = 0;
    for (; cursor < capacity && page.rows.size() < limit && looked < places_a_page; ++cursor, ++looked) {
        auto stats = parts_.the_switch.session(FlowId{cursor});
        if (!stats) continue;
        const auto& honeypots = parts_.config.honeypots;
        const auto honeypot = static_cast<std::size_t>(stats->honeypot);
        page.rows.push_back(
            {FlowId{cursor}, *stats, honeypot < honeypots.size() ? honeypots[honeypot].name : ""});
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
        for (const Source source : place->second.vouchers) row.vouchers.push_back(name_of(source));
        page.rows.push_back(std::move(row));
    }
    return page;
}

std::string Inspector::name_of(Source source) const {
    switch (source) {
        case Source::subnet:
            return "subnet";
        case Source::sighting:
            return "sighting";
        case Source::static_entry:
            return "static";
    }
    const auto index = static_cast<std::size_t>(source);
    return "agent:" + (index < parts_.config.agents.size() ? parts_.config.agents[index].name : "?");
}

std::vector<DomainRow> Inspector::domains() const {
    std::vector<DomainRow> rows;
    for (const auto& [prefix, domain] : parts_.controller.domains()) {
        DomainRow row{.prefix = prefix, .state = domain.state, .agents = {}, .since = domain.since};
        for (const AgentId agent : domain.agents)
            row.agents.push_back(parts_.config.agents[static_cast<std::size_t>(agent)].name);
        const auto& entries = parts_.controller.addresses().entries();
        for (auto place = entries.lower_bound(prefix.network);
             place != entries.end() && prefix.contains(place->first); ++place)
            ++row.active;
        row.sessions = static_cast<std::uint32_t>(parts_.the_switch.sessions_in(prefix));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace honeyswitch::control
