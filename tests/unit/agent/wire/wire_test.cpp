// The wire format: codecs, authenticity, freshness.
#include <gtest/gtest.h>

#include "agent/wire/notice.hpp"

namespace honeyswitch::agent {
namespace {

const auto domain = *parse_prefix("10.1.0.0/24");

TEST(AddressSet, KeepsBitsInNetworkOrder) {
    AddressSet set(*parse_prefix("10.1.0.0/30"));
    EXPECT_EQ(set.bitmap().size(), 1U);
    EXPECT_TRUE(set.set({0x0a010001}, true));
    EXPECT_FALSE(set.set({0x0a010001}, true)) << "nothing changes";
    EXPECT_FALSE(set.set({0x0a010004}, true)) << "outside the prefix";
    EXPECT_EQ(set.bitmap()[0], 0x40);
    EXPECT_EQ(set.count(), 1U);
    EXPECT_FALSE(set.assign(std::array<std::uint8_t, 1>{0x08})) << "a bit beyond the prefix";
    EXPECT_FALSE(set.assign(std::array<std::uint8_t, 2>{})) << "another size";
    EXPECT_EQ(set.count(), 1U) << "nothing changed";
    EXPECT_TRUE(set.assign(std::array<std::uint8_t, 1>{0x90}));
    EXPECT_EQ(set.addresses(), (std::vector<Ipv4Address>{{0x0a010000}, {0x0a010003}}));
}

TEST(AddressSet, DigestTellsSetsAndDomainsApart) {
    AddressSet one(domain), other(domain), elsewhere(*parse_prefix("10.2.0.0/24"));
    EXPECT_EQ(one.digest(), other.digest());
    EXPECT_NE(one.digest(), elsewhere.digest());
    one.set({0x0a010005}, true);
    EXPECT_NE(one.digest(), other.digest());
    other.set({0x0a010005}, true);
    EXPECT_EQ(one.digest(), other.digest());
}

TEST(ReplayWindow, AcceptsEachNumberOnceWithinItsWidth) {
    struct Row {
        std::uint64_t sequence;
        bool fresh;
    };
    ReplayWindow window;
    for (const auto& [sequence, fresh] :
         {Row{0, false}, Row{3, true}, Row{1, true}, Row{3, false}, Row{1, false}, Row{66, true},
          Row{2, false}, Row{4, true}, Row{67, true}, Row{3, false}, Row{1000, true}, Row{936, false},
          Row{937, true}, Row{937, false}, Row{~std::uint64_t{0}, true}, Row{1001, false}}) {
        EXPECT_EQ(window.fresh(sequence), fresh) << sequence;
        if (window.fresh(sequence)) window.accept(sequence);
    }
}

const Key key{1, 2, 3};
const Confirm confirm{identifier_of("a"), {1}, {2}, {3}};

TEST(Association, OpensWhatTheOtherEndSealed) {
    Association agent(Association::Role::agent, key, confirm),
        controller(Association::Role::controller, key, confirm);
    EXPECT_EQ(agent.identifier(), controller.identifier());
    const std::vector<std::uint8_t> notice{1, 2, 3, 4};
    EXPECT_EQ(controller.open(agent.seal(notice)), notice);
    EXPECT_EQ(agent.open(controller.seal(notice)), notice);
    EXPECT_EQ(agent.open(agent.seal(notice)), std::unexpected(Refusal::forged)) << "reflected to its sender";
}

TEST(Association, RefusesWhatIsRepeatedAlteredOrOfAnother) {
    Association agent(Association::Role::agent, key, confirm),
        controller(Association::Role::controller, key, confirm);
    const auto datagram = agent.seal(std::array<std::uint8_t, 4>{1, 2, 3, 4});
    for (std::size_t octet = 0; octet < datagram.size(); ++octet) {
        auto altered = datagram;
        altered[octet] ^= 1;
        EXPECT_FALSE(controller.open(altered)) << octet;
    }
    for (std::size_t size = 0; size < datagram.size(); ++size)
        EXPECT_FALSE(controller.open(Bytes(datagram).first(size))) << size;
    EXPECT_TRUE(controller.open(datagram)) << "the attempts have used nothing up";
    EXPECT_EQ(controller.open(datagram), std::unexpected(Refusal::replayed));

    auto later = confirm;
    later.controller_nonce[0] ^= 1;
    Association next(Association::Role::controller, key, later);
    EXPECT_EQ(next.open(datagram), std::unexpected(Refusal::unknown_association));
}

TEST(Handshake, EveryOctetIsAuthenticated) {
    const auto datagram = encode(confirm, key);
    EXPECT_EQ(open_confirm(datagram, key), confirm);
    for (std::size_t octet = 0; octet < datagram.size(); ++octet) {
        auto altered = datagram;
        altered[octet] ^= 0x80;
        EXPECT_EQ(open_confirm(altered, key), std::unexpected(Refusal::forged)) << octet;
    }
    EXPECT_EQ(open_confirm(datagram, Key{}), std::unexpected(Refusal::forged));
    EXPECT_EQ(open_hello(datagram, key), std::unexpected(Refusal::malformed)) << "another size";
}

TEST(Datagram, HeaderSaysWhatItIs) {
    const auto hello = encode(Hello{}, key);
    EXPECT_EQ(kind_of(hello), DatagramKind::hello);
    struct Row {
        std::size_t octet;
        std::uint8_t value;
        Refusal refusal;
    };
    for (const auto& [octet, value, refusal] :
         {Row{0, 'x', Refusal::malformed}, Row{4, 2, Refusal::unknown_version}, Row{5, 0, Refusal::malformed},
          Row{5, 6, Refusal::malformed}, Row{6, 1, Refusal::malformed}, Row{7, 1, Refusal::malformed}}) {
        auto altered = hello;
        altered[octet] = value;
        EXPECT_EQ(kind_of(altered), std::unexpected(refusal)) << octet;
    }
    EXPECT_EQ(kind_of(Bytes(hello).first(7)), std::unexpected(Refusal::malformed));
    EXPECT_EQ(kind_of(std::vector<std::uint8_t>(max_datagram + 1)), std::unexpected(Refusal::malformed));
}

std::vector<AgentNotice> agent_notices() {
    StateChunk chunk{9, domain, true, 0, 1, {4}, std::vector<std::uint8_t>(32, 0xaa)};
    return {Change{5, domain, {{0x0a010001}}, {{0x0a010002}}}, chunk,
            KeepAlive{9, 77, {{domain, false, 12, {5}}, {*parse_prefix("10.1.2.4/30"), true, 0, {}}}}};
}

TEST(Codec, ReadsBackWhatItWroteAndNothingShorterOrLonger) {
    for (const auto& notice : agent_notices()) {
        auto octets = encode(notice);
        EXPECT_EQ(decode_agent_notice(octets), notice);
        EXPECT_FALSE(decode_controller_notice(octets)) << "the other direction's";
        for (std::size_t size = 0; size < octets.size(); ++size)
            EXPECT_FALSE(decode_agent_notice(Bytes(octets).first(size))) << notice.index() << " " << size;
        octets.push_back(0);
        EXPECT_FALSE(decode_agent_notice(octets)) << notice.index();
    }
}

TEST(Codec, RefusesFieldsThatContradict) {
    const auto altered = [](const AgentNotice& notice, std::size_t octet, std::uint8_t value) {
        auto octets = encode(notice);
        octets.at(octet) = value;
        return decode_agent_notice(octets);
    };
    const auto notices = agent_notices();
    EXPECT_FALSE(altered(notices[0], 0, 9)) << "no such type";
    EXPECT_FALSE(altered(notices[0], 1, 1)) << "no such flag";
    EXPECT_FALSE(altered(notices[0], 11, 0)) << "change number 0";
    EXPECT_FALSE(altered(notices[0], 16, 15)) << "a domain larger than a /16";
    EXPECT_FALSE(altered(notices[0], 16, 33)) << "no prefix length";
    EXPECT_FALSE(altered(notices[0], 15, 1)) << "bits below the mask";
    EXPECT_FALSE(altered(notices[0], 22, 9)) << "an address outside the domain";
    EXPECT_FALSE(altered(notices[1], 17, 1)) << "chunk 1 of 1";
    EXPECT_FALSE(altered(notices[1], 18, 2)) << "two chunks of a /24";
    EXPECT_FALSE(altered(notices[2], 29, 0xff)) << "more active addresses than the domain has";
}

TEST(Codec, LimitsFitIntoOneDatagram) {
    Change change{1, *parse_prefix("10.0.0.0/16"), {}, {}};
    for (std::uint32_t i = 0; i < max_changed_addresses; ++i) change.active.push_back({0x0a000000 + i});
    EXPECT_LE(encode(AgentNotice{change}).size(), max_notice);
    EXPECT_EQ(decode_agent_notice(encode(AgentNotice{change})), AgentNotice{change});
    KeepAlive keep_alive{1, 1, std::vector<KeepAlive::Entry>(max_keep_alive_entries, {domain, true, 0, {}})};
    EXPECT_LE(encode(AgentNotice{keep_alive}).size(), max_notice);
    Acknowledgement acknowledgement{std::vector<Acknowledgement::Entry>(max_acknowledgements)};
    EXPECT_LE(encode(ControllerNotice{acknowledgement}).size(), max_notice);
    EXPECT_EQ(state_chunks(*parse_prefix("10.0.0.0/16")), 8U);
}

}  // namespace
}  // namespace honeyswitch::agent
