// The way out: given these packets and reasons, expect them on these wires, and counted so.
#include "dataplane/stages/transmitter.hpp"

#include "dataplane/eal/buffer_pool.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class WayOut : public SwitchFixture {};

TEST_F(WayOut, CountsEachPacketUnderItsReasonAndSendsThemInOrder) {
    transmitter_->send(arrived(to(server).vlan(1)), {Counter::outside_to_inside_rule, inside_port});
    transmitter_->send(arrived(to(server).vlan(2)), {Counter::outside_to_inside_benign, inside_port});
    EXPECT_EQ(collect().end, End::dropped) << "they wait for a flush";
    transmitter_->flush();
    EXPECT_EQ(collect().frame, to(server).vlan(1).bytes());
    EXPECT_EQ(collect().frame, to(server).vlan(2).bytes());
    EXPECT_EQ(counted(Counter::outside_to_inside_rule), 1U);
    EXPECT_EQ(counted(Counter::outside_to_inside_benign), 1U);
}

TEST_F(WayOut, SendsABurstAtOnceBehindWhatWaits) {
    transmitter_->send(arrived(to(server).vlan(1)), {Counter::outside_to_inside_rule, inside_port});
    auto burst = arrived({to(server).vlan(2), to(server).vlan(3)});
    transmitter_->send(burst, {Counter::outside_to_inside_active, inside_port});
    for (std::uint16_t tag = 1; tag <= 3; ++tag) EXPECT_EQ(collect().frame, to(server).vlan(tag).bytes());
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 2U);
}

TEST_F(WayOut, CountsTheOddOnesOfABurstUnderTheirOwnReasons) {
    auto burst = arrived({to(server), to(server), to(server), to(server)});
    const std::array odd{OddPacket{0, Counter::outside_to_inside_not_ipv4},
                         OddPacket{2, Counter::outside_to_inside_malformed}};
    transmitter_->send(burst, {Counter::outside_to_inside_active, inside_port}, odd);
    EXPECT_EQ(ended(End::inside), 4U);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 2U);
    EXPECT_EQ(counted(Counter::outside_to_inside_not_ipv4), 1U);
    EXPECT_EQ(counted(Counter::outside_to_inside_malformed), 1U);
}

TEST_F(WayOut, EndsForAReason) {
    transmitter_->discard(arrived(to(decoy)), Counter::outside_dropped_rule);
    auto several = arrived({to(decoy), to(decoy)});
    transmitter_->discard(several, Counter::outside_dropped_overload);
    transmitter_->discard(std::span<rte_mbuf*>(), Counter::outside_dropped_backscatter);
    transmitter_->flush();
    EXPECT_EQ(counted(Counter::outside_dropped_rule), 1U);
    EXPECT_EQ(counted(Counter::outside_dropped_overload), 2U);
    EXPECT_EQ(counted(Counter::outside_dropped_backscatter), 0U);
}

TEST_F(WayOut, FreesManyThatEndWithoutAFlush) {
    const unsigned before = buffers_in_use(buffers());
    for (unsigned i = 0; i < burst_size; ++i)
        transmitter_->discard(arrived(to(decoy)), Counter::outside_dropped_rule);
    EXPECT_EQ(buffers_in_use(buffers()), before);
}

TEST_F(WayOut, LeadsToTheControlThreadAsFarAsItHasRoom) {
    std::vector<Frame> frames(packet_ins_->capacity() + 2, to(decoy));
    auto packets = arrived(frames);
    const unsigned taken = transmitter_->hand_over(packets, *packet_ins_);
    EXPECT_EQ(taken, packet_ins_->capacity());
    EXPECT_EQ(counted(Counter::packet_in_handed_over), taken);
    transmitter_->discard(std::span(packets).subspan(taken), Counter::honeypot_contained_no_room);
}

TEST_F(WayOut, CountsWhatAFullQueueLosesAgainstThePort) {
    constexpr unsigned longer_than_the_wire = 300;
    for (unsigned i = 0; i < longer_than_the_wire; ++i)
        transmitter_->send(arrived(to(server)), {Counter::outside_to_inside_active, inside_port});
    transmitter_->flush();
    const std::size_t left = ended(End::inside);
    EXPECT_LT(left, longer_than_the_wire);
    EXPECT_EQ(counted(Counter::tx_dropped_inside), longer_than_the_wire - left);
    EXPECT_EQ(transmitter_->dropped_at(inside_port), longer_than_the_wire - left);
    EXPECT_EQ(transmitter_->dropped_at(outside_port), 0U);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), longer_than_the_wire) << "it was decided so";
}

TEST_F(WayOut, GivesNothingToAPortThatIsGivenUpAndCountsIt) {
    transmitter_->give_up(first_honeypot_port);
    for (const PortIndex port : {inside_port, first_honeypot_port})
        transmitter_->send(arrived(to(server)), {Counter::outside_to_inside_active, port});
    transmitter_->flush();
    EXPECT_EQ(ended(End::inside), 1U);
    EXPECT_EQ(ended(End::honeypot), 0U);
    EXPECT_EQ(counted(Counter::tx_dropped_honeypot), 1U);
    EXPECT_EQ(transmitter_->dropped_at(first_honeypot_port), 1U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
