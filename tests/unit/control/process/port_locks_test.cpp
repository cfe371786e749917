#include "control/process/port_locks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "control/config/port_spec.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

/// A sysfs with two interfaces and a NIC.
struct PortLocks : testing::Test {
    TemporaryFolder sysfs;

    PortLocks() {
        for (const char* const folder :
             {"class/net/eth1", "class/net/eth2", "class/net/eth3", "bus/pci/devices/0000:03:00.0"})
            fs::create_directories(sysfs.path() / folder);
    }
    static Config with_ports(const char* outside, const char* inside, const char* honeypot) {
        Config config;
        config.outside = parse_port(outside).value();
        config.inside = parse_port(inside).value();
        config.honeypot_ports = {parse_port(honeypot).value()};
        return config;
    }
    [[nodiscard]] std::expected<std::vector<FileLock>, Error> lock(const Config& config) const {
        return lock_ports(config, sysfs.path());
    }
};

TEST_F(PortLocks, ASecondOneIsToldWhichPortAndWho) {
    const auto first = lock(with_ports("dev:eth1", "0000:03:00.0", "vdev:net_null0"));
    ASSERT_TRUE(first) << first.error().message();
    const auto who = fmt::format("it is in use by {}", process_text(getpid()));
    EXPECT_EQ(lock(with_ports("dev:eth2", "dev:eth1", "dev:eth3")).error().message(),
              "cannot have port dev:eth1: " + who);
    EXPECT_EQ(lock(with_ports("0000:03:00.0", "dev:eth2", "dev:eth3")).error().message(),
              "cannot have port 0000:03:00.0: " + who);
    EXPECT_EQ(
        lock(with_ports("dev:eth2", "vdev:net_af_packet7,iface=eth1,qpairs=1", "dev:eth3")).error().object,
        "vdev:net_af_packet7,iface=eth1,qpairs=1");
    EXPECT_EQ(port_in_use(with_ports("dev:eth2", "dev:eth1", "dev:eth3"), sysfs.path()),
              "port dev:eth1 is in use by " + process_text(getpid()));
}

TEST_F(PortLocks, WhatASecondOneHadLockedIsFreeAgain) {
    const auto first = lock(with_ports("dev:eth1", "vdev:net_null0", "vdev:net_null1"));
    ASSERT_FALSE(lock(with_ports("dev:eth2", "dev:eth3", "dev:eth1")));
    EXPECT_TRUE(lock(with_ports("dev:eth2", "dev:eth3", "0000:03:00.0")));
}

TEST_F(PortLocks, OthersPortsDoNotMeet) {
    const auto first = lock(with_ports("dev:eth1", "vdev:net_null0", "vdev:net_null1"));
    ASSERT_TRUE(first);
    EXPECT_TRUE(lock(with_ports("dev:eth2", "vdev:net_null0", "vdev:net_null1")));
    EXPECT_EQ(port_in_use(with_ports("dev:eth2", "vdev:net_null0", "vdev:net_null1"), sysfs.path()),
              std::nullopt);
}

TEST_F(PortLocks, APortThatIsNotThereIsNamed) {
    EXPECT_EQ(lock(with_ports("dev:eth9", "dev:eth2", "dev:eth3")).error().message(),
              "cannot have port dev:eth9: No such file or directory");
}

}  // namespace
}  // namespace honeyswitch::control
