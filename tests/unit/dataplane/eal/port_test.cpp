// Ports of rings: what they are asked to pass, and their links.
#include "dataplane/eal/port.hpp"

#include <gtest/gtest.h>

#include "tests/unit/fixtures/ring_ports.hpp"

namespace honeyswitch::dataplane {
namespace {

TEST(RingPort, LetsItsLinkGoAndTakesItUp) {
    RingPorts wires;
    const auto ports = wires.take();
    EXPECT_TRUE(ports[outside_port].link_up());
    ASSERT_TRUE(ports[outside_port].set_link(false));
    EXPECT_FALSE(ports[outside_port].link_up());
    EXPECT_TRUE(ports[inside_port].link_up());
    ASSERT_TRUE(ports[outside_port].set_link(true));
    EXPECT_TRUE(ports[outside_port].link_up());
}

TEST(RingPort, PassesWhatItIsAskedFor) {
    RingPorts wires;
    const auto ports = wires.take();
    EXPECT_EQ(ports[inside_port].asked(), longest_frame(default_mtu));
    EXPECT_EQ(ports[inside_port].passes(), longest_frame(default_mtu));
}

}  // namespace
}  // namespace honeyswitch::dataplane
