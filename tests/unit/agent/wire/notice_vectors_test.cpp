// The octets of tests/vectors/notices.txt against the code. NOTICE_VECTORS_WRITE=1 prints the file anew.
#include <cstdio>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/wire/notice.hpp"
#include "tests/unit/agent/wire/vector_file.hpp"

namespace honeyswitch::agent {
namespace {

using Octets = std::vector<std::uint8_t>;

template <std::size_t N>
std::array<std::uint8_t, N> counting(std::uint8_t first) {
    std::array<std::uint8_t, N> octets;
    for (std::size_t i = 0; i < N; ++i) octets.at(i) = static_cast<std::uint8_t>(first + i);
    return octets;
}

const Key key = counting<32>(0x00);
const Confirm confirm{identifier_of("east"), counting<8>(0x20), counting<16>(0x40), counting<16>(0x60)};
const auto prefix = *parse_prefix("10.1.0.0/28");

AddressSet some_addresses() {
    AddressSet set(prefix);
    for (const std::uint32_t host : {1U, 2U, 9U}) set.set({prefix.network.value + host}, true);
    return set;
}

AgentNotice change() {
    return Change{7, prefix, {{0x0a010001}, {0x0a010009}}, {{0x0a010003}}};
}

AgentNotice state_chunk() {
    const auto set = some_addresses();
    return StateChunk{8, prefix, true, 0, 1, set.digest(), {set.bitmap().begin(), set.bitmap().end()}};
}

AgentNotice keep_alive() {
    const auto set = some_addresses();
    return KeepAlive{8, 0x1122334455667788, {{prefix, true, set.count(), set.digest()}}};
}

ControllerNotice acknowledgement() {
    return Acknowledgement{{{7, ResponseCode::done}, {9, ResponseCode::not_granted}}};
}
ControllerNotice state_acknowledgement() {
    return StateAcknowledgement{8, prefix, ResponseCode::incomplete, 5};
}
ControllerNotice keep_alive_reply() {
    return KeepAliveReply{0x1122334455667788, {{prefix, ResponseCode::incomplete}}};
}

/// What the code makes of the inputs, in the order of the file.
std::vector<std::pair<std::string, Octets>> computed() {
    const auto bytes = [](const auto& array) { return Octets(array.begin(), array.end()); };
    Association agent(Association::Role::agent, key, confirm);
    Association controller(Association::Role::controller, key, confirm);
    return {{"key", bytes(key)},
            {"agent_identifier", bytes(confirm.agent)},
            {"run_identifier", bytes(confirm.run)},
            {"agent_nonce", bytes(confirm.agent_nonce)},
            {"controller_nonce", bytes(confirm.controller_nonce)},
            {"hello", encode(Hello{confirm.agent, confirm.run, confirm.agent_nonce}, key)},
            {"welcome", encode(Welcome{confirm.agent_nonce, confirm.controller_nonce}, key)},
            {"confirm", encode(confirm, key)},
            {"association_identifier", bytes(agent.identifier())},
            {"digest", bytes(some_addresses().digest())},
            {"change", encode(change())},
            {"state_chunk", encode(state_chunk())},
            {"keep_alive", encode(keep_alive())},
            {"established", encode(ControllerNotice{Established{}})},
            {"acknowledgement", encode(acknowledgement())},
            {"state_acknowledgement", encode(state_acknowledgement())},
            {"keep_alive_reply", encode(keep_alive_reply())},
            {"sealed_change", agent.seal(encode(change()))},
            {"sealed_keep_alive", agent.seal(encode(keep_alive()))},
            {"sealed_established", controller.seal(encode(ControllerNotice{Established{}}))}};
}

TEST(NoticeVectors, AreWhatTheCodeWrites) {
    const auto vectors = read_vectors(NOTICE_VECTORS);
    if (std::getenv("NOTICE_VECTORS_WRITE") != nullptr)
        for (const auto& [name, octets] : computed())
            fmt::print("{} = {:02x}\n", name, fmt::join(octets, ""));
    const auto expected = computed();
    EXPECT_EQ(vectors.size(), expected.size());
    for (const auto& [name, octets] : expected) {
        ASSERT_TRUE(vectors.contains(name)) << name;
        EXPECT_EQ(vectors.at(name), octets) << name;
    }
}

TEST(NoticeVectors, AreWhatTheCodeReads) {
    const auto vectors = read_vectors(NOTICE_VECTORS);
    EXPECT_EQ(open_confirm(vectors.at("confirm"), key), confirm);
    EXPECT_EQ(open_welcome(vectors.at("welcome"), key),
              (Welcome{confirm.agent_nonce, confirm.controller_nonce}));
    EXPECT_EQ(decode_agent_notice(vectors.at("change")), change());
    EXPECT_EQ(decode_agent_notice(vectors.at("state_chunk")), state_chunk());
    EXPECT_EQ(decode_agent_notice(vectors.at("keep_alive")), keep_alive());
    EXPECT_EQ(decode_controller_notice(vectors.at("acknowledgement")), acknowledgement());
    EXPECT_EQ(decode_controller_notice(vectors.at("state_acknowledgement")), state_acknowledgement());
    EXPECT_EQ(decode_controller_notice(vectors.at("keep_alive_reply")), keep_alive_reply());

    Association controller(Association::Role::controller, key, confirm);
    EXPECT_EQ(controller.open(vectors.at("sealed_change")), vectors.at("change"));
    EXPECT_EQ(controller.open(vectors.at("sealed_keep_alive")), vectors.at("keep_alive"));
    Association agent(Association::Role::agent, key, confirm);
    EXPECT_EQ(agent.open(vectors.at("sealed_established")), vectors.at("established"));
}

}  // namespace
}  // namespace honeyswitch::agent
