// Who is told, by the environment, and that telling waits for nobody.
#include "base/system/service_manager.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/unit/fixtures/notify_socket.hpp"

namespace honeyswitch {
namespace {

struct Environment {
    Environment(const char* socket, const char* interval, const std::string& pid) {
        setenv("NOTIFY_SOCKET", socket, 1);
        setenv("WATCHDOG_USEC", interval, 1);
        setenv("WATCHDOG_PID", pid.c_str(), 1);
    }
    ~Environment() {
        for (const auto* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
};

TEST(ServiceManager, NobodyIsToldWhereThereIsNone) {
    const auto nobody = ServiceManager::of_environment();
    EXPECT_FALSE(nobody.is_there());
    EXPECT_FALSE(nobody.tell("READY=1"));
}

TEST(ServiceManager, IsWhereTheEnvironmentSays) {
    const NotifySocket socket;
    const Environment environment(socket.address().c_str(), "30000000", fmt::format("{}", getpid()));
    const auto manager = ServiceManager::of_environment();
    EXPECT_EQ(manager.watchdog(), std::chrono::seconds(30));
    EXPECT_TRUE(manager.tell("READY=1\nSTATUS=well"));
    EXPECT_EQ(socket.heard(), "READY=1\nSTATUS=well");
    EXPECT_EQ(socket.heard(), "");
}

TEST(ServiceManager, WatchesNobodyElse) {
    const auto watchdog = [](const char* interval, const std::string& pid) {
        const Environment environment("/run/x", interval, pid);
        return ServiceManager::of_environment().watchdog();
    };
    EXPECT_FALSE(watchdog("30000000", "1"));
    for (const char* const interval : {"", "0", "-1", "x", "30s"}) EXPECT_FALSE(watchdog(interval, ""));
    EXPECT_TRUE(watchdog("30000000", ""));
}

TEST(ServiceManager, AddressesOfAnotherKindAreNone) {
    for (const char* const address : {"", "@", "vsock:2:1234", "relative"}) {
        const Environment environment(address, "30000000", "");
        EXPECT_FALSE(ServiceManager::of_environment().is_there()) << address;
    }
    EXPECT_FALSE(ServiceManager(std::string(200, '/')).tell("READY=1")) << "too long for a Unix socket";
}

TEST(ServiceManager, AFullSocketIsNotWaitedFor) {
    const NotifySocket socket;
    const ServiceManager manager(socket.address());
    int told = 0;
    while (manager.tell("WATCHDOG=1")) ++told;
    EXPECT_GT(told, 0);
    EXPECT_EQ(socket.heard(), "WATCHDOG=1");
    EXPECT_TRUE(manager.tell("READY=1")) << "there is room again";
}

}  // namespace
}  // namespace honeyswitch
