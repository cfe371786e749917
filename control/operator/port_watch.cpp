#include "control/operator/port_watch.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace honeyswitch::control {
namespace {

struct Reason {
    const char* counter;
    const char* meaning;  ///< of what comes from, or goes to, the side that is put in
};

constexpr std::array<Reason, 8> reasons{{
    {"rx_missed", "packets from {} are lost, as the receive ring was full"},
    {"rx_no_buffer", "packets from {} wait or are lost, as no buffer was free"},
    {"rx_too_long", "frames from {} are lost, as they are longer than the port takes"},
    {"rx_crc",
     "frames from {} are lost, as they arrive broken; look at the cable and the NIC at its other end"},
    {"rx_errors", "frames from {} are lost, as they are too short or damaged otherwise"},
    {"rx_dropped", "packets from {} are lost, as the kernel drops them before they reach the switch"},
    {"tx_lost",
     "packets to {} are lost behind the transmit queue, as the link is down or the driver gives up"},
    {"tx_dropped", "packets to {} are lost, as the transmit queue stayed full"},
}};

/// A full transmit queue towards honeypots is told of nowhere: what an attacker floods may be lost.
std::array<std::uint64_t, reasons.size()> values_of(const PortLook& look, bool of_a_link) {
    const auto& counted = look.counted;
    return {counted.rx_missed, counted.rx_no_buffer, counted.rx_too_long, counted.rx_crc,
            counted.rx_errors, counted.rx_dropped,   counted.tx_lost,     of_a_link ? look.tx_dropped : 0};
}

}  // namespace

std::string PortWatch::Name::full() const {
    return link.empty() || alone ? side : fmt::format("{} of link {}", side, link);
}

PortWatch::PortWatch(const std::vector<Name>& names) {
    for (const Name& name : names) {
        Watched port{.side = name.side,
                     .link = name.link,
                     .name = fmt::format("port {} ({})", name.full(), name.device),
                     .losses = {}};
        for (const Reason& reason : reasons)
            port.losses.push_back({fmt::format("{} of {}", reason.counter, name.full()),
                                   fmt::format(fmt::runtime(reason.meaning), name.full())});
        ports_.push_back(std::move(port));
    }
}

PortNews PortWatch::look(std::span<const PortLook> ports, TimePoint now) {
    PortNews news;
    std::vector<Loss> losses;
    losses.reserve(ports_.size() * reasons.size());
    for (std::size_t i = 0; i < ports_.size() && i < ports.size(); ++i) {
        if (auto link = look_at_link(ports_[i], ports[i])) news.links.push_back(std::move(*link));
        const auto values = values_of(ports[i], !ports_[i].link.empty());
        for (std::size_t reason = 0; reason < reasons.size(); ++reason)
            losses.push_back(
                {ports_[i].losses[reason].counter, ports_[i].losses[reason].meaning, values.at(reason)});
    }
    news.losses = losses_.look(losses, now);
    return news;
}

/// Links are thought to be up until they are seen: one that is down at the start is told of like any other.
std::optional<LinkChanged> PortWatch::look_at_link(Watched& port, const PortLook& look) {
    const auto tell = [&](LinkState state, Gravity gravity, std::string_view what) {
        return LinkChanged{.state = state,
                           .port = port.side,
                           .link = port.link,
                           .told = {gravity, fmt::format("{}: its link {}", port.name, what)}};
    };
    if (look.held) {
        port.times_down = look.times_down;
        return std::nullopt;
    }
    const bool was_up = std::exchange(port.up, look.link_up), was_seen = std::exchange(port.seen, true);
    const bool flapped = std::exchange(port.times_down, look.times_down) != look.times_down;
    if (look.link_up && !was_up) return tell(LinkState::up, Gravity::information, "is up again");
    if (!look.link_up && was_up)
        return tell(LinkState::down, Gravity::warning, "is down; nothing passes there");
    if (was_seen && look.link_up && flapped)
        return tell(LinkState::flapped, Gravity::warning, "was down for a moment");
    return std::nullopt;
}

}  // namespace honeyswitch::control
