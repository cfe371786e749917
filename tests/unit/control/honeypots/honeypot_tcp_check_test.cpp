// Scenarios: honeypots whose check is a TCP connection, and stations that accept it or do not.
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/control/honeypots/honeypot_health_fixture.hpp"

namespace honeyswitch::control {
namespace {

TEST_F(HoneypotHealthTest, OneThatAcceptsConnectionsIsUpAndSeesThemReset) {
    start({checked()}, {{.mac = first_mac, .tcp = Tcp::accepts}});
    turn();
    EXPECT_EQ(health_->status(first).tcp, CheckState::good);
    const auto syns = pots_.segments(TcpSegment::syn);
    const auto resets = pots_.segments(TcpSegment::rst);
    ASSERT_EQ(syns.size(), 1U);
    ASSERT_EQ(resets.size(), 1U);
    EXPECT_EQ(syns[0].source, health_->probe_source());
    EXPECT_EQ(syns[0].destination, decoy);
    EXPECT_EQ(syns[0].destination_port, 22);
    EXPECT_EQ(resets[0].seq, syns[0].seq + 1);
    EXPECT_EQ(resets[0].source_port, syns[0].source_port);
    EXPECT_EQ(pots_.sent.back().destination(), first_mac);
}

TEST_F(HoneypotHealthTest, EachCheckHasAPortAndASequenceNumberOfItsOwn) {
    start({checked()}, {{.mac = first_mac, .tcp = Tcp::accepts}});
    pass(100 * interval);
    std::set<std::uint16_t> ports;
    std::set<std::uint32_t> numbers;
    for (const TcpSegment& syn : pots_.segments(TcpSegment::syn)) {
        EXPECT_GE(syn.source_port, 49'152);
        ports.insert(syn.source_port);
        numbers.insert(syn.seq);
    }
    EXPECT_EQ(ports.size(), 100U);
    EXPECT_GT(numbers.size(), 98U);
}

class DoesNotAccept : public HoneypotHealthTest, public testing::WithParamInterface<Tcp> {};

TEST_P(DoesNotAccept, SoItIsDownAfterThreeIntervalsThoughItAnswersArp) {
    start({checked()}, {{.mac = first_mac, .tcp = Tcp::accepts}});
    pass(2 * interval);
    pots_.stations.front().tcp = GetParam();
    pass(3 * interval);
    EXPECT_TRUE(up());
    turn();
    EXPECT_FALSE(up());
    EXPECT_EQ(health_->status(first).arp, CheckState::good);
    pots_.stations.front().tcp = Tcp::accepts;
    pass(interval);
    turn();
    EXPECT_TRUE(up());
}

INSTANTIATE_TEST_SUITE_P(All, DoesNotAccept, testing::Values(Tcp::silent, Tcp::refuses, Tcp::wrong_ack));

TEST_F(HoneypotHealthTest, OneThatNeverAcceptsIsUpForThreeIntervals) {
    start({checked()}, {{.mac = first_mac}});
    pass(3 * interval);
    EXPECT_TRUE(up());
    turn();
    EXPECT_FALSE(up());
}

TEST_F(HoneypotHealthTest, ALearningOneIsCheckedOnceItsMacIsKnown) {
    start({checked(std::nullopt)}, {});
    pass(5 * interval);
    EXPECT_TRUE(pots_.segments(TcpSegment::syn).empty());
    pots_.stations = {{.mac = first_mac, .tcp = Tcp::accepts}};
    pass(2 * interval);
    EXPECT_EQ(health_->status(first).tcp, CheckState::good);
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, AnAnswerToAnEarlierCheckIsResetAndDoesNotCount) {
    start({checked()}, {{first_mac}});
    pass(2 * interval);
    turn();
    const TcpSegment old = pots_.segments(TcpSegment::syn).front();
    health_->tcp_heard(0, std::nullopt, first_mac,
                       {.source = decoy,
                        .destination = old.source,
                        .source_port = 22,
                        .destination_port = old.source_port,
                        .flags = TcpSegment::syn | TcpSegment::ack_flag,
                        .seq = 5,
                        .ack = old.seq + 1});
    EXPECT_EQ(health_->status(first).tcp, CheckState::unknown);
    ASSERT_EQ(pots_.segments(TcpSegment::rst).size(), 1U);
    EXPECT_EQ(pots_.segments(TcpSegment::rst)[0].seq, old.seq + 1);
}

TEST_F(HoneypotHealthTest, AnAnswerFromAnotherMacOrToAnotherAddressDoesNotCount) {
    start({checked()}, {{first_mac}});
    turn();
    const TcpSegment syn = pots_.segments(TcpSegment::syn).front();
    TcpSegment answer{.source = decoy,
                      .destination = syn.source,
                      .source_port = 22,
                      .destination_port = syn.source_port,
                      .flags = TcpSegment::syn | TcpSegment::ack_flag,
                      .ack = syn.seq + 1};
    health_->tcp_heard(0, std::nullopt, second_mac, answer);
    health_->tcp_heard(0, 30, first_mac, answer);
    answer.destination = {0xc0000202};
    health_->tcp_heard(0, std::nullopt, first_mac, answer);
    EXPECT_EQ(health_->status(first).tcp, CheckState::unknown);
    EXPECT_TRUE(pots_.segments(TcpSegment::rst).empty());
}

}  // namespace
}  // namespace honeyswitch::control
