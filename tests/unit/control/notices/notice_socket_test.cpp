// The UDP socket of the notices, on the loopback network, all of whose addresses are ours.
#include "control/notices/notice_socket.hpp"

#include <array>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/sockets/udp_socket.hpp"

namespace honeyswitch {
namespace {

bool readable(int descriptor) {
    pollfd waiting{descriptor, POLLIN, 0};
    return poll(&waiting, 1, 5000) == 1;
}

/// An agent's socket towards an address of this machine.
agent::UdpSocket socket_to(const std::string& host, std::uint16_t port) {
    const auto addresses = agent::resolve({.host = host, .port = std::to_string(port), .is_address = true});
    return *agent::UdpSocket::connect(addresses.value().at(0));
}

/// An agent takes answers from that address alone which it asked (its socket is connected).
TEST(NoticeSocketTest, AnswersFromTheAddressThatWasAsked) {
    auto server = control::NoticeSocket::open("0.0.0.0", 0);
    ASSERT_TRUE(server);
    for (const char* const address : {"127.0.0.1", "127.0.0.2"}) {
        auto agent = socket_to(address, server->local().port);
        agent.send(std::array<std::uint8_t, 1>{1});
        ASSERT_TRUE(readable(server->descriptor()));
        server->receive([&](auto datagram, control::NoticePath from) {
            EXPECT_EQ(to_string(from.asked), address);
            server->send(datagram, from);
        });
        ASSERT_TRUE(readable(agent.descriptor())) << address;
        std::size_t answers = 0;
        agent.receive([&](Bytes datagram) { answers += datagram.size(); });
        EXPECT_EQ(answers, 1U) << address;
        EXPECT_EQ(agent.failure(), "");
    }
}

TEST(NoticeSocketTest, AnAgentThatKnowsNoAddressYetHasSeenNoFailure) {
    agent::UdpSocket agent;
    agent.send(std::array<std::uint8_t, 1>{1});
    EXPECT_EQ(agent.failure(), "");
}

TEST(NoticeSocketTest, AnAgentSeesThatNobodyListens) {
    std::uint16_t port = 0;
    {
        const auto server = control::NoticeSocket::open("127.0.0.1", 0);
        ASSERT_TRUE(server);
        port = server->local().port;
    }
    auto agent = socket_to("127.0.0.1", port);
    agent.send(std::array<std::uint8_t, 1>{1});
    pollfd waiting{agent.descriptor(), POLLIN, 0};
    (void)poll(&waiting, 1, 5000);
    agent.receive([](Bytes) { ADD_FAILURE() << "nobody answered"; });
    EXPECT_EQ(agent.failure(), "Connection refused");
}

}  // namespace
}  // namespace honeyswitch
