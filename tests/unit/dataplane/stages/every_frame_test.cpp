// Every kind of frame, with every kind of domain: what has no IPv4 address is nobody's but inside's.
#include <array>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

struct Kind {
    const char* name;
    Frame frame;
};

Frame three_tags() {
    Frame frame = Frame().ipv4("198.51.100.1", "10.1.0.32").tcp(1, 2);
    for (std::uint16_t vlan = 7; vlan < 10; ++vlan) frame.vlan(vlan);
    return frame;
}

const std::vector<Kind>& without_ipv4() {
    static const std::vector<Kind> kinds{
        {"ARP", Frame().arp(arp_request, core_mac, "10.1.0.1", "10.1.0.32")},
        {"ARP probe", Frame().arp(arp_request, core_mac, "0.0.0.0", "10.1.0.32")},
        {"IPv6", Frame().type(ether_type::ipv6).payload(60)},
        {"LLDP", Frame().type(Be16::from_host(0x88cc)).payload(46)},
        {"STP", Frame().type(Be16::from_host(38)).payload(46)},
        {"tagged ARP", Frame().vlan(7).arp(arp_request, core_mac, "10.1.0.1", "10.1.0.32")},
        {"three tags", three_tags()},
        {"IPv4 of version 6", Frame().type(ether_type::ipv4).payload(40)},
        {"IPv4 longer than its frame",
         Frame().ipv4("198.51.100.1", "10.1.0.32").tcp(1, 2).total_length(1000)},
        {"IPv4 cut in its header", Frame().ipv4("198.51.100.1", "10.1.0.32").cut_to(30)},
        {"Ethernet alone", Frame().type(ether_type::ipv4).cut_to(14)},
        {"shorter than Ethernet", Frame().type(ether_type::ipv4).cut_to(9)},
    };
    return kinds;
}

class EveryFrame : public SwitchFixture {
  protected:
    /// As in production, and as it would be if each of these could be had.
    void in_each_surrounding(const std::function<void()>& look) {
        look();
        for (const std::uint8_t length : std::array<std::uint8_t, 4>{1, 8, 16, 32})
            (void)addresses_->add_domain({0, length}, DomainKind::known, {});
        look();
        modes_.handshake = true;
        look();
        set_classifier({.rules = {{.action = ClassifierRule::Action::divert}}});
        look();
        ASSERT_TRUE(sources_->set({0, 1}, Listing().with_lists(1)));
        set_classifier({.rules = {{.action = ClassifierRule::Action::drop}}, .lists = {{}}});
        look();
        pipeline_->overload().set_limits(0, 0);
        look();
    }
};

TEST_F(EveryFrame, FromOutsideGoesInside) {
    in_each_surrounding([this] {
        for (const auto& [name, frame] : without_ipv4()) {
            const auto [end, bytes] = from_outside(frame);
            EXPECT_EQ(end, End::inside) << name;
            EXPECT_EQ(bytes, frame.bytes()) << name;
        }
    });
}

TEST_F(EveryFrame, FromInsideGoesOutside) {
    in_each_surrounding([this] {
        for (const auto& [name, frame] : without_ipv4()) {
            const auto [end, bytes] = from_inside(frame);
            EXPECT_EQ(end, End::outside) << name;
            EXPECT_EQ(bytes, frame.bytes()) << name;
        }
    });
    EXPECT_EQ(counted(Counter::inside_sightings), 0U);
}

TEST_F(EveryFrame, FromAHoneypotStaysWithUs) {
    modes_.open_containment = true;
    (void)from_outside(to(server));
    in_each_surrounding([this] {
        for (const auto& [name, frame] : without_ipv4()) {
            const End end = from_honeypot(frame).end;
            EXPECT_TRUE(end == End::dropped || end == End::packet_in || end == End::honeypot) << name;
        }
    });
}

}  // namespace
}  // namespace honeyswitch::dataplane
