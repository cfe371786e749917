#include "control/process/control_loop.hpp"

#include <csignal>

#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/heard_log.hpp"

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
    std::unique_ptr<PortGuard> ports = PortGuard::start({}, appliance.control().keeper()).value();
};

TEST_F(ControlLoopTest, EndsWithTheSignalThatAskedForIt) {
    for (const int signal : {SIGTERM, SIGINT}) {
        auto fresh = made();
        raise(signal);
        EXPECT_EQ(fresh.run(*ports), signal);
    }
}

TEST_F(ControlLoopTest, HangupReloadsWhatTheFileSaysByThen) {
    appliance.write("this is no TOML\n");
    auto loop = made();
    raise(SIGHUP);
    // SIGTERM is taken after SIGHUP, but before the reload can be over: the loop goes on where it was.
    raise(SIGTERM);
    EXPECT_EQ(loop.run(*ports), SIGTERM);
    EXPECT_EQ(appliance.control().reload_state().id, 1U);
    while (appliance.control().reload_state().phase == ReloadState::Phase::running) appliance.turn();
    EXPECT_EQ(appliance.control().reload_state().phase, ReloadState::Phase::refused);
}

TEST_F(ControlLoopTest, APortThatIsLostIsAnErrorWithItsReason) {
    auto loop = made();
    ports->lose("device 0000:03:00.0 was taken away");
    const auto ended = loop.run(*ports);
    ASSERT_FALSE(ended);
    EXPECT_NE(ended.error().message().find("device 0000:03:00.0 was taken away"), std::string::npos);
}

}  // namespace
}  // namespace honeyswitch::control
