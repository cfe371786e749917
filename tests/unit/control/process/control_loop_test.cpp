#include "control/process/control_loop.hpp"

#include <csignal>

#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/heard_log.hpp"
#include "tests/unit/fixtures/one_link.hpp"

namespace honeyswitch::control {
namespace {

const std::string records = "[[honeypot]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\ncheck = \"none\"\n";

sigset_t blocked() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

struct ControlLoopTest : testing::Test {
    ControlLoop made() {
        auto loop = ControlLoop::create(appliance.control(), appliance.plane().clock(), signals, 1'000);
        EXPECT_TRUE(loop) << loop.error().message();
        return std::move(*loop);
    }

    sigset_t signals = blocked();
    HeardLog log;
    RunningAppliance appliance{records};
    ServiceReport service{ServiceManager(), appliance.plane().quiescence(), 1};
    std::unique_ptr<PortGuard> ports = PortGuard::start(
                                           {
                                               {.index = dataplane::inside_port,
                                                .link = "link",
                                                .text = "0000:03:00.1",
                                                .device = "0000:03:00.1",
                                                .interface = std::nullopt},
                                               {.index = dataplane::first_honeypot_port,
                                                .text = "0000:04:00.0",
                                                .device = "0000:04:00.0",
                                                .interface = std::nullopt},
                                           },
                                           appliance.control().keeper())
                                           .value();
};

TEST_F(ControlLoopTest, EndsWithTheSignalThatAskedForIt) {
    for (const int signal : {SIGTERM, SIGINT}) {
        auto fresh = made();
        raise(signal);
        EXPECT_EQ(fresh.run(*ports, service), signal);
    }
}

TEST_F(ControlLoopTest, HangupReloadsWhatTheFileSaysByThen) {
    appliance.write("this is no TOML\n");
    auto loop = made();
    raise(SIGHUP);
    // SIGTERM is taken after SIGHUP, but before the reload can be over: the loop goes on where it was.
    raise(SIGTERM);
    EXPECT_EQ(loop.run(*ports, service), SIGTERM);
    EXPECT_EQ(appliance.control().reload_state().id, 1U);
    while (appliance.control().reload_state().phase == ReloadState::Phase::running) appliance.turn();
    EXPECT_EQ(appliance.control().reload_state().phase, ReloadState::Phase::refused);
}

TEST_F(ControlLoopTest, APortOfTheLinkThatIsWantedBackIsAnErrorWithItsReason) {
    auto loop = made();
    ports->wanted_back("0000:03:00.1");
    const auto ended = loop.run(*ports, service);
    ASSERT_FALSE(ended);
    EXPECT_NE(ended.error().message().find("port 0000:03:00.1: the kernel wants its device back"),
              std::string::npos);
}

TEST_F(ControlLoopTest, APortOfHoneypotsThatIsWantedBackIsGivenUpAndTheLoopGoesOn) {
    auto loop = made();
    ASSERT_NE(appliance.plane().ports()[dataplane::first_honeypot_port].rx_queues(), 0U);
    ports->wanted_back("0000:04:00.0");
    ports->wanted_back("0000:04:00.0");
    raise(SIGTERM);
    EXPECT_EQ(loop.run(*ports, service), SIGTERM);
    EXPECT_EQ(appliance.plane().ports()[dataplane::first_honeypot_port].rx_queues(), 0U);
    EXPECT_NE(appliance.plane().ports()[dataplane::inside_port].rx_queues(), 0U);
}

TEST_F(ControlLoopTest, AnotherLinkGoesOnWithoutAPortAndTheLoopEndsWhenNoneIsWhole) {
    const auto port = [](dataplane::PortIndex index, const char* link, const char* device) {
        return GuardedPort{
            .index = index, .link = link, .text = device, .device = device, .interface = std::nullopt};
    };
    const auto guard = PortGuard::start({port(0, "west", "0000:03:00.0"), port(1, "west", "0000:03:00.1"),
                                         port(2, "east", "0000:05:00.0"), port(3, "east", "0000:05:00.1")},
                                        appliance.control().keeper())
                           .value();
    guard->wanted_back("0000:03:00.1");
    guard->wanted_back("0000:03:00.0");
    EXPECT_FALSE(guard->lost());
    EXPECT_EQ(guard->gone(), 0b0011U);
    const std::string told = log.take();
    EXPECT_NE(told.find("port 0000:03:00.1: the kernel wants its device back; it is given up, and nothing "
                        "passes on link west until honeyswitch is started again. east goes on"),
              std::string::npos)
        << told;
    guard->wanted_back("0000:05:00.0");
    ASSERT_TRUE(guard->lost());
    EXPECT_EQ(guard->reason(), "port 0000:05:00.0: the kernel wants its device back");
}

TEST_F(ControlLoopTest, AMirrorBesideALinkDecidesNothingAndMirrorsAloneDo) {
    const auto mirror = [](dataplane::PortIndex index, const char* link, const char* device) {
        return GuardedPort{.index = index,
                           .link = link,
                           .text = device,
                           .device = device,
                           .interface = std::nullopt,
                           .mirror = true};
    };
    const GuardedPort outside{.index = 0,
                              .link = "west",
                              .text = "0000:03:00.0",
                              .device = "0000:03:00.0",
                              .interface = std::nullopt};
    const auto beside =
        PortGuard::start({outside, mirror(1, "span", "0000:05:00.0")}, appliance.control().keeper()).value();
    (void)log.take();  // of the start
    beside->wanted_back("0000:05:00.0");
    EXPECT_FALSE(beside->lost());
    EXPECT_EQ(beside->gone(), 0b10U);
    EXPECT_EQ(
        log.take(),
        "warning: port 0000:05:00.0: the kernel wants its device back; it is given up, and link span is not "
        "observed until honeyswitch is started again. All else goes on\n");
    beside->wanted_back("0000:03:00.0");
    EXPECT_TRUE(beside->lost()) << "no link is left";
    const auto alone = PortGuard::start({mirror(0, "span", "0000:05:00.0"), mirror(1, "tap", "0000:05:00.1")},
                                        appliance.control().keeper())
                           .value();
    alone->wanted_back("0000:05:00.0");
    EXPECT_FALSE(alone->lost());
    alone->wanted_back("0000:05:00.1");
    EXPECT_TRUE(alone->lost());
}

TEST_F(ControlLoopTest, ADeviceThatIsNoPortOfOursIsNoneOfItsBusiness) {
    auto loop = made();
    ports->wanted_back("0000:05:00.0");
    raise(SIGTERM);
    EXPECT_EQ(loop.run(*ports, service), SIGTERM);
}

}  // namespace
}  // namespace honeyswitch::control
