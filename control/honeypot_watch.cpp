#include "control/honeypot_watch.hpp"

#include "dataplane/headers.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::ArpPacket;
using dataplane::Be16;
using dataplane::EtherAddress;
using dataplane::EthernetHeader;

constexpr Milliseconds probe_interval{1000};
constexpr std::uint8_t only_honeypot = 0;

}  // namespace

HoneypotWatch::HoneypotWatch(dataplane::DataPlane& plane, DpdkSwitch& the_switch,
                             std::optional<MacAddress> configured, Ipv4Address decoy)
    : plane_(plane), switch_(the_switch), decoy_(decoy), learning_(!configured) {
    if (!configured) return;
    current_ = configured->octets;
    plane_.honeypots().set(only_honeypot, *current_);
}

std::optional<MacAddress> HoneypotWatch::tick(TimePoint now) {
    if (!learning_) return std::nullopt;
    const auto heard = plane_.arp_sender().mac();
    if (heard && heard != current_ && !MacAddress{*heard}.is_multicast()) {
        current_ = heard;
        plane_.honeypots().set(only_honeypot, *heard);
        return MacAddress{*heard};
    }
    if (!current_ && (!last_probe_ || now - *last_probe_ >= probe_interval)) {
        last_probe_ = now;
        (void)switch_.send_to_honeypot(probe());  // lost ones are repeated
    }
    return std::nullopt;
}

/// RFC 5227: a request that claims no address for its sender.
std::array<std::uint8_t, 42> HoneypotWatch::probe() const {
    const EtherAddress own = plane_.port(dataplane::Side::honeypot).mac();
    const EthernetHeader ethernet{.destination = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                  .source = own,
                                  .type = dataplane::ether_type::arp};
    ArpPacket arp{};
    arp.hardware_type = Be16::from_host(1);
    arp.protocol_type = dataplane::ether_type::ipv4;
    arp.hardware_length = 6;
    arp.protocol_length = 4;
    arp.operation = dataplane::arp_request;
    arp.sender_mac = own;
    dataplane::store(arp.target_ip.data(), dataplane::Be32::from_host(decoy_.value));

    std::array<std::uint8_t, sizeof ethernet + sizeof arp> frame;
    dataplane::store(frame.data(), ethernet);
    dataplane::store(frame.data() + sizeof ethernet, arp);
    return frame;
}

}  // namespace honeyswitch::control
