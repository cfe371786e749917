// What the agent says of a controller that does not answer, or that refuses a domain.
#include "agent/report/controller_watch.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

/// An agent, and a controller that is spoken by hand.
class ControllerWatchTest : public testing::Test {
  protected:
    void receive(const ControllerNotice& notice) { reporter.receive(controller->seal(encode(notice)), now); }
    void associate() {
        sent.clear();
        while (sent.empty()) pass(100ms);
        const auto hello = *open_hello(sent.back(), key);
        reporter.receive(encode(Welcome{hello.agent_nonce, {7}}, key), now);
        const auto confirm = *open_confirm(sent.back(), key);
        controller.emplace(Association::Role::controller, key, confirm);
        receive(Established{});
        pass(100ms);
    }
    /// In turns of 100 ms; `alive`: the controller says something in each.
    void pass(Clock::duration duration, bool alive = false) {
        for (const auto end = now + duration; now < end; now += 100ms) {
            if (alive) receive(Established{});
            reporter.flush(now);
            for (const auto& [warning, text] : watch.look(reporter, failure, now))
                said += (warning ? "warning: " : "info: ") + text + "\n";
        }
    }
    std::string take() { return std::exchange(said, {}); }

    Key key{3};
    Clock::time_point now{1h};
    DomainReport domain{*parse_prefix("10.1.0.0/24")};
    std::array<const DomainReport*, 1> domains{&domain};
    std::vector<Datagram> sent;
    Reporter reporter{{"x", key, {9}}, domains, [this](Bytes datagram) {
                          if (kind_of(datagram) != DatagramKind::to_controller)
                              sent.emplace_back(datagram.begin(), datagram.end());
                      }};
    std::optional<Association> controller;
    ControllerWatch watch{"192.0.2.1:6466", "x", now};
    std::string failure, said;
};

constexpr const char* silent =
    "warning: controller 192.0.2.1:6466 does not answer (nothing heard for 10 s): is the address right, does "
    "the "
    "switch run, does it know agent 'x' with this key?";

TEST_F(ControllerWatchTest, SilenceIsToldAtIntervalsAndUntilItEnds) {
    pass(9s);
    EXPECT_EQ(take(), "");
    pass(2s);
    EXPECT_EQ(take(), std::string(silent) + "\n");
    pass(10min - 2s);
    EXPECT_EQ(take(), "");
    pass(2s);
    EXPECT_TRUE(
        take().starts_with("warning: controller 192.0.2.1:6466 does not answer (nothing heard for 610 s)"));
    associate();
    EXPECT_TRUE(take().starts_with("info: controller 192.0.2.1:6466: associated, after 61"));
}

TEST_F(ControllerWatchTest, SaysWhatTheKernelAndOthersSay) {
    failure = "Connection refused";
    reporter.receive(encode(Welcome{}, Key{4}), now);
    pass(11s);
    EXPECT_EQ(take(),
              std::string(silent) +
                  " The latest attempt ended with: Connection refused. 1 datagrams came from there that "
                  "are not sealed with this key.\n");
}

TEST_F(ControllerWatchTest, AControllerThatFallsSilentIsToldToo) {
    associate();
    EXPECT_EQ(take(), "info: controller 192.0.2.1:6466: associated\n");
    pass(1min, true);
    EXPECT_EQ(take(), "");
    pass(15s);
    EXPECT_EQ(take(), std::string(silent) + "\n");
    pass(2s, true);
    EXPECT_TRUE(take().starts_with("info: controller 192.0.2.1:6466 answers again, after "));
    associate();
    EXPECT_EQ(take(), "info: controller 192.0.2.1:6466: associated anew\n");
}

TEST_F(ControllerWatchTest, ADomainThatIsRefusedIsToldUntilItIsAccepted) {
    const auto prefix = domain.active.prefix();
    associate();
    (void)take();
    receive(StateAcknowledgement{1, prefix, ResponseCode::not_granted, 0});
    pass(50s, true);
    EXPECT_EQ(take(),
              "warning: controller 192.0.2.1:6466: domain 10.1.0.0/24 is refused: it is not within what the "
              "controller grants this agent\n");
    pass(20s, true);
    for (ChangeNumber number = 2; number < 30; ++number)  // that of the latest repetition is among them
        receive(StateAcknowledgement{number, prefix, ResponseCode::done, 0});
    pass(2s, true);
    EXPECT_EQ(take(), "info: controller 192.0.2.1:6466: domain 10.1.0.0/24 is accepted now\n");
}

}  // namespace
}  // namespace honeyswitch::agent
