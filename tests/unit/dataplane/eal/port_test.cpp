// Ports of rings: what they are asked to pass, and their links.
#include "dataplane/eal/port.hpp"

#include <gtest/gtest.h>

#include "dataplane/eal/eal.hpp"
#include "tests/unit/fixtures/ring_ports.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

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

TEST(Port, WithFewerQueuesThanWorkersSaysHowManyItCanServe) {
    start_eal();
    const auto id = Eal::attach("net_null_few");
    ASSERT_TRUE(id) << id.error().message();
    const auto port = Port::start(*id, {.workers = 2000, .descriptors = 64});
    ASSERT_FALSE(port);
    EXPECT_EQ(
        port.error().reason,
        "each of 2000 workers needs a transmit queue, and its driver net_null has 1024; set workers to 1024");
}

}  // namespace
}  // namespace honeyswitch::dataplane
