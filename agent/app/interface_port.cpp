#include "agent/app/interface_port.hpp"

namespace honeyswitch::agent {

std::expected<void, Error> InterfacePort::refresh(EventLoop& loop, const std::function<void()>& readable,
                                                  Clock::time_point now) {
    const auto info = read_interface(name_);
    if (socket_ && (!info.exists || socket_->interface_index() != info.index)) close(loop);
    if (!socket_ && info.exists) {
        auto opened = PacketSocket::open(name_, trunk_);
        if (!opened) return std::unexpected(opened.error());
        socket_ = std::move(*opened);
        if (const auto added = loop.add(socket_->descriptor(), readable); !added)
            return std::unexpected(added.error());
    }
    for (auto* const domain : domains_) {
        std::vector<Ipv4Address> own;
        // On a trunk the interface's own addresses are in its untagged domain.
        for (const auto& [address, prefix] : info.addresses)
            if (!domain->options().vlan && domain->options().prefix.contains(address)) own.push_back(address);
        domain->set_own(info.mac, own);
        domain->set_link(socket_ && info.up, now);
    }
    return {};
}

void InterfacePort::close(EventLoop& loop) {
    if (!socket_) return;
    loop.remove(socket_->descriptor());
    socket_.reset();
}

bool InterfacePort::receive() {
    if (!socket_) return true;
    return socket_->receive([this](Bytes frame, std::optional<std::uint16_t> tci, Clock::time_point arrived) {
        receive(frame, tci, arrived);
    });
}

void InterfacePort::receive(Bytes frame, std::optional<std::uint16_t> tci, Clock::time_point arrived) {
    ++counters_.frames;
    const auto arp = parse_arp(frame, tci);
    if (!arp) {
        ++counters_.faults.at(static_cast<std::size_t>(arp.error()));
        return;
    }
    bool watched = false;
    for (auto* const domain : domains_) {
        if (domain->options().vlan != arp->vlan) continue;
        watched = true;
        domain->receive(*arp, arrived);
    }
    if (!watched) ++counters_.other_vlan;
}

void InterfacePort::check_losses(Clock::time_point now) {
    if (!socket_) return;
    const auto lost = socket_->take_drops();
    if (lost == 0) return;
    counters_.lost += lost;
    for (auto* const domain : domains_) domain->frames_lost(now);
}

}  // namespace honeyswitch::agent
