// By whatever way something of a honeypot leaves, and whatever it looks like: campus, origin and caps are
// asked.
#include <ostream>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr const char* campus_host = "10.1.0.77";

enum class Way { session, full_table, pending, own_flow, open };
enum class Shape { whole, first_fragment, later_fragment, icmp_error };

struct Row {
    const char* name;
    Way way;
    Shape shape;
};
void PrintTo(const Row& row, std::ostream* stream) {
    *stream << row.name;
}

class WaysOut : public SwitchFixture, public testing::WithParamInterface<Row> {
  protected:
    /// Prepares the way for what a honeypot says to `outside` under the decoy's address.
    void open_way(const char* outside = attacker, bool contained = false) {
        modes_.limited_containment = GetParam().way == Way::own_flow;
        modes_.open_containment = GetParam().way == Way::open;
        modes_.handshake = GetParam().way == Way::pending;
        const auto request = Frame().ipv4(outside, decoy).tcp(40000, 22);
        if (GetParam().way == Way::session || GetParam().way == Way::full_table) {
            addresses_->session_added(ip(decoy).host());
            SessionKey key = key_of(decoy);
            key.outside = ip(outside);
            ASSERT_TRUE(
                sessions_->add({.key = key, .path = {core_mac, upstream_mac}, .contained = contained}, 1000));
        }
        if (GetParam().way == Way::full_table) fill_table();
        if (GetParam().way == Way::pending || GetParam().way == Way::open) (void)from_outside(request);
        while (collect().end != End::dropped) {
        }
    }
    void fill_table() {
        SessionKey key = key_of("10.1.0.99");
        for (std::uint16_t port = 1; sessions_->has_room(); ++port) {
            key.outside_port = Be16::from_host(port);
            (void)sessions_->add({.key = key, .path = {core_mac, upstream_mac}}, 1000);
        }
    }
    [[nodiscard]] static Frame said(const char* outside = attacker) {
        Frame frame = Frame().between(honeypot_mac, switch_mac).ipv4(decoy, outside);
        switch (GetParam().shape) {
            case Shape::whole:
                return frame.tcp(22, 40000, 0x12);
            case Shape::first_fragment:
                return frame.tcp(22, 40000, 0x12).payload(4).fragment(0, true);
            case Shape::later_fragment:
                return frame.protocol_number(protocol::tcp).payload(24).fragment(24, false);
            case Shape::icmp_error:
                return frame.icmp_error(3, Frame().ipv4(outside, decoy).tcp(40000, 22));
        }
        return frame;
    }
    /// How many of five leave, or go to the control thread, which lets them leave.
    unsigned let_out(const Frame& frame) {
        unsigned count = 0;
        for (int i = 0; i < 5; ++i) {
            const End end = from_honeypot(frame).end;
            EXPECT_TRUE(end == End::outside || end == End::packet_in || end == End::dropped);
            if (end != End::dropped) ++count;
        }
        return count;
    }
};

TEST_P(WaysOut, Leads) {
    open_way();
    EXPECT_EQ(let_out(said()), 5U);
}

TEST_P(WaysOut, IsCappedForEachSource) {
    open_way();
    modes_.set_reply_rates({.packets_per_source = 1});
    EXPECT_EQ(let_out(said()), 1U);
    EXPECT_EQ(counted(Counter::honeypot_contained_source_cap), 4U);
}

TEST_P(WaysOut, IsCappedForEachHoneypot) {
    open_way();
    modes_.set_reply_rates({.packets_per_honeypot = 2});
    EXPECT_EQ(let_out(said()), 2U);
    EXPECT_EQ(counted(Counter::honeypot_contained_honeypot_cap), 3U);
}

TEST_P(WaysOut, IsOfTheHoneypotsAlone) {
    if (GetParam().way == Way::open) GTEST_SKIP() << "open is for anybody";
    open_way();
    modes_.several_honeypots = true;
    EXPECT_EQ(let_out(said().between(mac("02:00:00:00:00:ab"), switch_mac)), 0U) << "nobody's MAC address";
    EXPECT_EQ(counted(Counter::honeypot_contained_foreign), 5U);
    EXPECT_EQ(let_out(said()), 5U);
}

TEST_P(WaysOut, DoesNotLeadToTheCampus) {
    if (GetParam().way == Way::open) GTEST_SKIP() << "open is to everywhere";
    open_way(campus_host, true);
    EXPECT_EQ(let_out(said(campus_host)), 0U);
    EXPECT_EQ(counted(Counter::honeypot_contained_campus), 5U);
}

INSTANTIATE_TEST_SUITE_P(Rows, WaysOut,
                         testing::Values(Row{"SessionWhole", Way::session, Shape::whole},
                                         Row{"SessionFirst", Way::session, Shape::first_fragment},
                                         Row{"SessionLater", Way::session, Shape::later_fragment},
                                         Row{"SessionError", Way::session, Shape::icmp_error},
                                         Row{"FullWhole", Way::full_table, Shape::whole},
                                         Row{"FullFirst", Way::full_table, Shape::first_fragment},
                                         Row{"FullLater", Way::full_table, Shape::later_fragment},
                                         Row{"FullError", Way::full_table, Shape::icmp_error},
                                         Row{"PendingWhole", Way::pending, Shape::whole},
                                         Row{"PendingFirst", Way::pending, Shape::first_fragment},
                                         Row{"PendingLater", Way::pending, Shape::later_fragment},
                                         Row{"PendingError", Way::pending, Shape::icmp_error},
                                         Row{"OwnWhole", Way::own_flow, Shape::whole},
                                         Row{"OwnFirst", Way::own_flow, Shape::first_fragment},
                                         Row{"OwnLater", Way::own_flow, Shape::later_fragment},
                                         Row{"OwnError", Way::own_flow, Shape::icmp_error},
                                         Row{"OpenWhole", Way::open, Shape::whole},
                                         Row{"OpenFirst", Way::open, Shape::first_fragment},
                                         Row{"OpenLater", Way::open, Shape::later_fragment},
                                         Row{"OpenError", Way::open, Shape::icmp_error}),
                         [](const auto& row) { return row.param.name; });

/// Where the control thread cannot be asked.
TEST_F(SwitchFixture, AFirstFragmentLeavesItselfWhereTheControlThreadHasNoRoom) {
    add_session(key_of(decoy));
    const auto fragment = reply_of(decoy).payload(4).fragment(0, true);
    for (std::size_t i = 0; i < packet_ins_->capacity() + 3; ++i) hold_honeypot(fragment);
    EXPECT_EQ(ended(End::outside), 3U);
    EXPECT_EQ(counted(Counter::packet_in_handed_over), packet_ins_->capacity());
}

}  // namespace
}  // namespace honeyswitch::dataplane
