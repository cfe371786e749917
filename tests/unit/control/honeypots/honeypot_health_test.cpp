// Scenarios: these honeypots are configured, these stations are there; what is known of them, and when?
#include "control/honeypots/honeypot_health.hpp"

#include <gtest/gtest.h>

#include "tests/unit/control/honeypots/honeypot_health_fixture.hpp"

namespace honeyswitch::control {
namespace {

TEST_F(HoneypotHealthTest, AConfiguredOneIsUpBeforeItIsAsked) {
    start({named("pot", first_mac)}, {});
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, first_mac, true}}));
    EXPECT_EQ(health_->status(first).arp, CheckState::unknown);
}

TEST_F(HoneypotHealthTest, OneThatWasLearnedBeforeARestartIsUpUntilItDoesNotAnswer) {
    start({named("pot", std::nullopt)}, {});
    health_->restore_mac(first, second_mac);
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, second_mac, true}}));
    health_->restore_mac(first, first_mac);
    EXPECT_EQ(health_->status(first).mac, second_mac) << "it is known already";
    pass(4 * interval);
    EXPECT_FALSE(up());
}

TEST_F(HoneypotHealthTest, AConfiguredAddressIsNotReplacedByOneOfBeforeARestart) {
    start({named("pot", first_mac)}, {});
    health_->restore_mac(first, second_mac);
    EXPECT_EQ(health_->status(first).mac, first_mac);
}

TEST_F(HoneypotHealthTest, OneThatAnswersIsAskedOnceAnIntervalAndStaysUp) {
    start({named("pot", first_mac)}, {{first_mac}});
    (void)health_->take_changes();
    pass(10 * interval);
    EXPECT_EQ(health_->status(first).arp, CheckState::good);
    EXPECT_EQ(pots_.arps_to(first_mac), 10U);
    EXPECT_EQ(pots_.sent.size(), 10U);
    EXPECT_TRUE(health_->take_changes().empty());
}

TEST_F(HoneypotHealthTest, OneThatNeverAnswersIsDownAfterThreeIntervals) {
    start({named("pot", first_mac)}, {});
    pass(3 * interval);
    EXPECT_TRUE(up());
    (void)health_->take_changes();
    turn();
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, first_mac, false}}));
}

TEST_F(HoneypotHealthTest, OneThatDiesIsDownAfterThreeIntervalsAndUpWithItsFirstAnswer) {
    start({named("pot", first_mac)}, {{first_mac}});
    pass(5 * interval);
    pots_.stations.front().arp = false;
    pass(3 * interval);
    EXPECT_TRUE(up());
    turn();
    EXPECT_FALSE(up());
    pots_.stations.front().arp = true;
    pass(interval);
    turn();
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, TwoLostFramesInARowDoNoHarm) {
    start({named("pot", first_mac)}, {{first_mac}});
    for (int round = 0; round < 5; ++round) {
        pots_.lose = 2;
        pass(3 * interval);
        EXPECT_TRUE(up());
    }
    EXPECT_EQ(health_->take_changes().size(), 1U) << "how it began";
}

TEST_F(HoneypotHealthTest, AReplyOfASessionIsASignOfLife) {
    start({named("pot", first_mac)}, {});
    for (int round = 0; round < 10; ++round) {
        pots_.replies[first] = now_;
        pass(interval);
        EXPECT_TRUE(up());
    }
    pass(5 * interval);
    EXPECT_FALSE(up());
    pots_.replies[first] = now_;
    pass(interval);
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, AnOldReplyIsNone) {
    start({named("pot", first_mac)}, {});
    pots_.replies[first] = now_ - Milliseconds{1};
    pass(4 * interval);
    EXPECT_FALSE(up());
}

TEST_F(HoneypotHealthTest, ItsOwnRequestIsASignOfLife) {
    start({named("pot", first_mac)}, {});
    pass(5 * interval);
    EXPECT_FALSE(up());
    health_->arp_heard(0, std::nullopt, first_mac, {0x0a010105});
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, WithoutABufferItIsTriedAgain) {
    start({named("pot", first_mac)}, {{first_mac}});
    pots_.no_buffers = true;
    pass(interval / 2);
    EXPECT_TRUE(pots_.sent.empty());
    pots_.no_buffers = false;
    turn();
    EXPECT_EQ(pots_.sent.size(), 1U);
    EXPECT_EQ(health_->status(first).arp, CheckState::good);
}

TEST_F(HoneypotHealthTest, APortThatTakesNoFrameIsAsGoodAsADeadHoneypot) {
    start({named("pot", first_mac)}, {{first_mac}});
    pots_.no_buffers = true;
    pass(4 * interval);
    EXPECT_FALSE(up());
}

TEST_F(HoneypotHealthTest, AControlThreadThatWasHeldUpPutsNoHoneypotDown) {
    start({named("pot", first_mac)}, {{first_mac}});
    pass(2 * interval);
    health_->tick(now_);  // asked, and the answer waits in a ring
    now_ += 60 * interval;
    turn();
    EXPECT_TRUE(up());
    pass(5 * interval);
    EXPECT_TRUE(up());
}

// In whose name it asks

TEST_F(HoneypotHealthTest, OneThatIgnoresTheSender0000IsUpAndNeverAskedSo) {
    start({named("pot", std::nullopt)}, {{.mac = first_mac, .ignores_nameless = true}});
    pass(5 * interval);
    EXPECT_TRUE(up());
    EXPECT_EQ(pots_.arps_to(first_mac), 4U);
    EXPECT_EQ(pots_.arps_to(first_mac, true) + pots_.arps_to(broadcast_mac, true), 0U);
}

TEST_F(HoneypotHealthTest, OneThatAnswersNoStrangerIsAskedWithoutANameFromItsFirstSilenceOn) {
    for (const auto configured : {std::optional(first_mac), std::optional<MacAddress>()}) {
        start({named("pot", configured)}, {{.mac = first_mac, .ignores_strangers = true}});
        for (int round = 0; round < 10; ++round) {
            pass(interval);
            EXPECT_EQ(up(), configured || round > 0) << round;
        }
        EXPECT_EQ(health_->status(first).arp, CheckState::good);
        pots_.lose = 4;  // two intervals' questions
        pass(3 * interval);
        EXPECT_TRUE(up());
    }
}

TEST_F(HoneypotHealthTest, TheQuestionIsInTheNameOfTheProbeSource) {
    start({named("pot", first_mac)}, {});
    turn();
    ASSERT_EQ(pots_.sent.size(), 1U);
    const auto arp = load<ArpPacket>(pots_.sent[0].bytes.data() + sizeof(EthernetHeader));
    EXPECT_EQ(load<Be32>(arp.sender_ip.data()).host(), health_->probe_source().value);
    EXPECT_EQ(load<Be32>(arp.target_ip.data()).host(), decoy.value);
}

// Learning

TEST_F(HoneypotHealthTest, AMacThatIsNotConfiguredIsLearnedByBroadcast) {
    start({named("pot", std::nullopt)}, {{first_mac}});
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, std::nullopt, false}}));
    turn();
    EXPECT_EQ(pots_.arps_to(broadcast_mac), 1U);
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, first_mac, true}}));
    pass(5 * interval);
    EXPECT_EQ(pots_.arps_to(broadcast_mac), 1U) << "it knows whom to ask";
}

TEST_F(HoneypotHealthTest, ItIsSoughtEverySecondWhateverTheInterval) {
    options_.interval = Milliseconds{60'000};
    start({named("pot", std::nullopt)}, {});
    pass(Milliseconds{5'000});
    EXPECT_EQ(pots_.arps_to(broadcast_mac), 5U);
    EXPECT_FALSE(up());
    pots_.stations = {{first_mac}};
    turn();
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, ARestartedContainerWithAnotherMacIsFollowed) {
    start({named("pot", std::nullopt)}, {{first_mac}});
    pass(3 * interval);
    pots_.stations = {{second_mac}};
    (void)health_->take_changes();
    pass(3 * interval);
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, second_mac, true}}))
        << "and it was never down";
}

TEST_F(HoneypotHealthTest, SessionsOfTheOldMacDoNotHideTheNewOne) {
    start({named("pot", std::nullopt)}, {{first_mac}});
    pass(3 * interval);
    pots_.stations = {{second_mac}};
    for (int round = 0; round < 4; ++round) {
        pots_.replies[first] = now_;
        pass(interval);
    }
    EXPECT_EQ(mac(), second_mac);
}

TEST_F(HoneypotHealthTest, TwoThatAnswerDoNotTakeTheSessionsByTurns) {
    start({named("pot", std::nullopt)}, {{first_mac}, {second_mac}});
    for (int round = 0; round < 10; ++round) {
        pass(interval);
        health_->arp_heard(0, std::nullopt, second_mac, decoy);
        EXPECT_EQ(mac(), first_mac);
    }
}

struct Stranger {
    const char* what;
    std::size_t port;
    std::optional<std::uint16_t> vlan;
    MacAddress sender;
    Ipv4Address sender_ip;
};

class NotTheHoneypot : public HoneypotHealthTest, public testing::WithParamInterface<Stranger> {};

TEST_P(NotTheHoneypot, TeachesNothingAndIsNoSignOfLife) {
    Honeypot learning = named("learning", std::nullopt);
    learning.vlan = 30;
    Honeypot configured = named("configured", first_mac);
    configured.vlan = 40;
    start({learning, configured}, {});
    pass(5 * interval);
    const auto& [what, port, vlan, sender, sender_ip] = GetParam();
    health_->arp_heard(port, vlan, sender, sender_ip);
    EXPECT_EQ(mac(first), std::nullopt);
    EXPECT_EQ(mac(second), first_mac);
    EXPECT_FALSE(up(second));
}

INSTANTIATE_TEST_SUITE_P(All, NotTheHoneypot,
                         testing::Values(Stranger{"another's own address", 0, 30, second_mac, {0x0a010021}},
                                         Stranger{"a probe", 0, 30, second_mac, {}},
                                         Stranger{"another port", 1, 30, second_mac, decoy},
                                         Stranger{"another VLAN", 0, 31, second_mac, decoy},
                                         Stranger{"untagged", 0, std::nullopt, second_mac, decoy},
                                         Stranger{"a group address", 0, 30, broadcast_mac, decoy},
                                         Stranger{"no address", 0, 30, MacAddress{}, decoy},
                                         Stranger{"the switch itself", 0, 30, MacAddress{{2, 9, 9, 9, 9, 0}},
                                                  decoy},
                                         Stranger{"not the configured MAC", 0, 40, second_mac, decoy},
                                         Stranger{"the configured MAC elsewhere", 1, 40, first_mac, decoy}),
                         [](const auto& row) {
                             std::string name = row.param.what;
                             std::erase_if(name, [](char letter) {
                                 return std::isalnum(static_cast<unsigned char>(letter)) == 0;
                             });
                             return name;
                         });

// Several

TEST_F(HoneypotHealthTest, TwoOnOnePortAreToldApartByMac) {
    start({named("one", first_mac), named("two", second_mac)}, {{first_mac}, {second_mac}});
    pass(3 * interval);
    pots_.stations[1].arp = false;
    pass(4 * interval);
    EXPECT_TRUE(up(first));
    EXPECT_FALSE(up(second));
}

TEST_F(HoneypotHealthTest, TheSameMacOnTwoVlansIsTwoHoneypots) {
    Honeypot one = named("one", std::nullopt), two = named("two", std::nullopt);
    one.vlan = 30;
    two.vlan = 40;
    start({one, two}, {{.mac = first_mac, .vlan = 30}, {.mac = first_mac, .vlan = 40}});
    pass(3 * interval);
    EXPECT_TRUE(up(first) && up(second));
    pots_.stations[0].arp = false;
    pass(5 * interval);
    EXPECT_FALSE(up(first));
    EXPECT_TRUE(up(second));
}

// Reload

TEST_F(HoneypotHealthTest, AReloadKeepsWhatIsKnownUnderNewNumbers) {
    start({named("one", std::nullopt), named("two", second_mac)}, {{first_mac}});
    pots_.configured[1].port = 1;
    reload(pots_.configured);
    pass(5 * interval);
    EXPECT_TRUE(up(first));
    EXPECT_FALSE(up(second));

    Honeypot one = pots_.configured[0], two = pots_.configured[1];
    one.weight = 7;
    reload({two, one});
    EXPECT_EQ(health_->take_changes(), (std::vector{HoneypotChange{first, second_mac, false},
                                                    HoneypotChange{second, first_mac, true}}));
    pass(5 * interval);
    EXPECT_TRUE(health_->take_changes().empty());
}

TEST_F(HoneypotHealthTest, AReloadThatMovesAHoneypotBeginsItAnew) {
    start({named("pot", std::nullopt)}, {{first_mac}});
    pass(interval);
    Honeypot moved = pots_.configured[0];
    moved.port = 1;
    reload({moved});
    EXPECT_EQ(mac(), std::nullopt);
    pots_.stations[0].port = 1;
    turn();
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, AReloadThatAddsATcpCheckKeepsTheRest) {
    Honeypot pot = checked(std::nullopt);
    pot.check_tcp_port.reset();
    start({pot}, {{first_mac}});
    pass(interval);
    reload({checked(std::nullopt)});
    EXPECT_TRUE(up());
    pass(4 * interval);
    turn();
    EXPECT_FALSE(up());
    reload({pot});
    EXPECT_TRUE(up());
}

TEST_F(HoneypotHealthTest, OneThatIsTakenOutIsNotAskedAnyMore) {
    start({named("one", first_mac), named("two", second_mac)}, {{first_mac}, {second_mac}});
    pass(interval);
    reload({named("one", first_mac)});
    pots_.sent.clear();
    pass(2 * interval);
    EXPECT_EQ(pots_.arps_to(first_mac), 2U);
    EXPECT_EQ(pots_.sent.size(), 2U);
}

}  // namespace
}  // namespace honeyswitch::control
