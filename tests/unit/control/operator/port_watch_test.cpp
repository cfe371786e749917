#include "control/operator/port_watch.hpp"

#include <array>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using Sentences = std::vector<std::string>;

class Ports : public testing::Test {
  protected:
    Ports() {
        for (PortLook& port : ports_) port.link_up = true;
    }
    /// A second later.
    [[nodiscard]] Sentences sentences() {
        now_ += Milliseconds{1000};
        Sentences texts;
        const auto add = [&](const Told& told) {
            texts.push_back((told.gravity == Gravity::warning ? "warning: " : "info: ") + told.text);
        };
        const auto news = watch_.look(ports_, now_);
        for (const auto& link : news.links) add(link.told);
        for (const auto& lost : news.losses) add(lost.told);
        return texts;
    }
    PortWatch watch_{{{.side = "outside", .link = "link", .device = "dev:eth1"},
                      {.side = "inside", .link = "link", .device = "dev:eth2"},
                      {.side = "honeypot", .device = "dev:eth3"}}};
    std::vector<PortLook> ports_{3};
    TimePoint now_{Milliseconds(5000)};
};

TEST_F(Ports, AreSilentWhileAllIsWell) {
    for (int i = 0; i < 100; ++i) {
        ports_[0].counted.rx_packets += 1000;
        EXPECT_EQ(sentences(), Sentences());
    }
}

TEST_F(Ports, SayWhenALinkGoesDownAndComesBack) {
    (void)sentences();
    ports_[2].link_up = false;
    EXPECT_EQ(sentences(),
              Sentences{"warning: port honeypot (dev:eth3): its link is down; nothing passes there"});
    EXPECT_EQ(sentences(), Sentences());
    ports_[2].link_up = true;
    ports_[2].times_down = 1;
    EXPECT_EQ(sentences(), Sentences{"info: port honeypot (dev:eth3): its link is up again"});
    EXPECT_EQ(sentences(), Sentences());
}

TEST_F(Ports, SayWhenALinkWasDownBetweenTwoLooks) {
    ports_[0].times_down = 7;
    EXPECT_EQ(sentences(), Sentences()) << "before the start";
    ports_[0].times_down = 8;
    EXPECT_EQ(sentences(), Sentences{"warning: port outside (dev:eth1): its link was down for a moment"});
}

TEST_F(Ports, SayNothingOfALinkThatIsHeldDown) {
    (void)sentences();
    ports_[1].held = true;
    ports_[1].link_up = false;
    ports_[1].times_down = 1;
    EXPECT_EQ(sentences(), Sentences());
    ports_[1].held = false;
    ports_[1].link_up = true;
    EXPECT_EQ(sentences(), Sentences()) << "it is up as it was before";
    ports_[1].link_up = false;
    EXPECT_EQ(sentences(),
              Sentences{"warning: port inside (dev:eth2): its link is down; nothing passes there"});
}

TEST_F(Ports, SayThatALinkIsDownFromTheStart) {
    ports_[1].link_up = false;
    EXPECT_EQ(sentences(),
              Sentences{"warning: port inside (dev:eth2): its link is down; nothing passes there"});
    ports_[1].link_up = true;
    EXPECT_EQ(sentences(), Sentences{"info: port inside (dev:eth2): its link is up again"});
}

TEST_F(Ports, NameTheReasonOfEachLoss) {
    (void)sentences();
    ports_[0].counted.rx_too_long = 3;
    EXPECT_EQ(sentences(),
              Sentences{"warning: frames from outside are lost, as they are longer than the port takes: 3 "
                        "so far (rx_too_long of outside)"});
    ports_[1].counted.rx_missed = 5;
    ports_[2].counted.tx_lost = 1;
    EXPECT_EQ(
        sentences(),
        (Sentences{
            "warning: packets from inside are lost, as the receive ring was full: 5 so far (rx_missed of "
            "inside)",
            "warning: packets to honeypot are lost behind the transmit queue, as the link is down or the "
            "driver gives up: 1 so far (tx_lost of honeypot)"}));
}

TEST_F(Ports, SayNothingOfAFullQueueTowardsHoneypots) {
    (void)sentences();
    ports_[2].tx_dropped = 1000;
    EXPECT_EQ(sentences(), Sentences());
    ports_[1].tx_dropped = 1;
    EXPECT_EQ(sentences(),
              Sentences{"warning: packets to inside are lost, as the transmit queue stayed full: 1 so far "
                        "(tx_dropped of inside)"});
}

TEST(PortsOfSeveralLinks, AreNamedWithTheirLink) {
    PortWatch watch({{.side = "outside", .link = "west", .alone = false, .device = "dev:eth1"},
                     {.side = "outside", .link = "east", .alone = false, .device = "dev:eth2"}});
    std::array<PortLook, 2> ports;
    ports[0].link_up = true;
    ports[1].counted.rx_missed = 5;
    const auto news = watch.look(ports, TimePoint{Milliseconds{1}});
    ASSERT_EQ(news.links.size(), 1U);
    EXPECT_EQ(news.links[0].link, "east");
    EXPECT_EQ(news.links[0].port, "outside");
    EXPECT_EQ(news.links[0].told.text,
              "port outside of link east (dev:eth2): its link is down; nothing passes there");
}

}  // namespace
}  // namespace honeyswitch::control
