// The operator's rules and lists: given these, this packet, expect this verdict.
#include <algorithm>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using Action = ClassifierRule::Action;

Prefix prefix(const char* network, std::uint8_t length = 32) {
    return {ip(network).host(), length};
}

class WithClassifier : public SwitchFixture {
  protected:
    static constexpr const char* printer = "10.1.0.17";
    static inline const Prefix campus = prefix("10.1.0.0", 16);

    WithClassifier() {
        addresses_->set_active(ip(printer).host(), true);
        honeypots_.set(1, {mac("02:00:00:00:00:ab"), 0, 0});
        set_pool(1, {1});
    }
    void set_rules(std::vector<ClassifierRule> rules) {
        set_classifier({.rules = std::move(rules), .campus = {campus}});
    }
    void put_on_list(std::size_t list, const char* source, std::uint8_t length = 32) {
        ASSERT_TRUE(sources_->set(prefix(source, length), Listing(std::uint64_t{1} << list)));
    }
    [[nodiscard]] static Frame syn(const char* destination, std::uint16_t port = 22) {
        return Frame().ipv4(attacker, destination).tcp(40000, port, 0x02);
    }
};
class Rules : public WithClassifier {};
class Decoys : public WithClassifier {
  protected:
    Decoys() { set_rules({{.destinations = {prefix(printer)}, .action = Action::divert}}); }
};
class Lists : public WithClassifier {};

TEST_F(Rules, DecideByAddressProtocolAndPort) {
    set_rules({
        {.sources = {prefix("203.0.113.0", 24)}, .action = Action::inside},
        {.destinations = {prefix("10.1.9.0", 24), prefix("10.1.10.0", 24)},
         .protocol = protocol::tcp,
         .ports = {{80, 80}, {8000, 8080}},
         .action = Action::drop},
        {.protocol = protocol::udp, .ports = {{53, 53}}, .action = Action::inside},
    });
    struct Row {
        Frame frame;
        End end;
    };
    const std::vector<Row> rows{
        {Frame().ipv4("203.0.113.77", decoy).tcp(1, 2), End::inside},
        {Frame().ipv4("203.0.114.77", decoy).tcp(1, 2), End::packet_in},
        {Frame().ipv4(attacker, "10.1.9.1").tcp(1, 80), End::dropped},
        {Frame().ipv4(attacker, "10.1.10.1").tcp(1, 8080), End::dropped},
        {Frame().ipv4(attacker, "10.1.10.1").tcp(1, 8081), End::packet_in},
        {Frame().ipv4(attacker, "10.1.10.1").udp(1, 80), End::packet_in},
        {Frame().ipv4(attacker, "10.1.11.1").tcp(1, 80), End::packet_in},
        {Frame().ipv4(attacker, decoy).udp(9, 53), End::inside},
        {Frame().ipv4(attacker, decoy).udp(9, 53).vlan(3), End::inside},
        {Frame().ipv4(attacker, decoy).udp(53, 9), End::packet_in},
    };
    for (const Row& row : rows) EXPECT_EQ(from_outside(row.frame).end, row.end) << &row - rows.data();
    EXPECT_EQ(counted(Counter::outside_to_inside_rule), 3U);
    EXPECT_EQ(counted(Counter::outside_dropped_rule), 2U);
    EXPECT_EQ(classifier_.get().hits(0), 1U);
    EXPECT_EQ(classifier_.get().hits(1), 2U);
    EXPECT_EQ(classifier_.get().hits(2), 2U);
}

TEST_F(Rules, TheFirstThatMatchesCounts) {
    set_rules({{.sources = {prefix(attacker)}, .action = Action::inside},
               {.sources = {prefix("198.51.100.0", 24)}, .action = Action::drop}});
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(from_outside(Frame().ipv4("198.51.100.2", decoy).tcp(1, 2)).end, End::dropped);
    EXPECT_EQ(from_outside(Frame().ipv4("198.51.100.2", server).tcp(1, 2)).end, End::dropped)
        << "active or not";
}

TEST_F(Rules, ASessionGoesBeforeThem) {
    set_rules({{.action = Action::drop}});
    add_session(key_of(decoy));
    EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot);
    EXPECT_EQ(from_outside(to(server)).end, End::dropped);
}

TEST_F(Rules, ChooseThePool) {
    modes_.handshake = true;
    set_rules({{.ports = {{22, 22}}, .action = Action::pool, .pool = 1}});
    const auto receiver = [](const Frame::Bytes& frame) {
        return EtherAddress{frame[0], frame[1], frame[2], frame[3], frame[4], frame[5]};
    };
    EXPECT_EQ(receiver(from_outside(syn(decoy, 22)).frame), mac("02:00:00:00:00:ab"));
    EXPECT_EQ(receiver(from_outside(syn(decoy, 23)).frame), honeypot_mac);
    EXPECT_EQ(from_outside(syn(server, 22)).end, End::inside) << "it diverts nothing by itself";
}

TEST_F(Rules, DoNotConcernOtherDestinations) {
    set_rules({{.destinations = {prefix(printer)}, .action = Action::divert}});
    EXPECT_EQ(from_outside(syn(server)).end, End::inside);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 1U);
}

TEST_F(Rules, KnowWhomTheyMayLetIn) {
    using enum ClassifierRule::Action;
    const auto host = [](const char* text) { return ip(text).host(); };
    const auto classifier =
        Classifier::build({.rules = {{.sources = {{host("203.0.113.0"), 24}}, .action = inside},
                                     {.sources = {{host("100.64.0.0"), 10}}, .action = inside},
                                     {.sources = {{host("198.51.100.0"), 24}}, .action = divert}}},
                          1)
            .value();
    EXPECT_TRUE(classifier->may_send_inside(host("203.0.113.9"), host(decoy)));
    EXPECT_TRUE(classifier->may_send_inside(host("100.64.0.1"), host(decoy)));
    EXPECT_TRUE(classifier->may_send_inside(host("100.127.255.255"), host(decoy)));
    EXPECT_FALSE(classifier->may_send_inside(host("100.128.0.0"), host(decoy)));
    EXPECT_FALSE(classifier->may_send_inside(host("198.51.100.1"), host(decoy))) << "that rule diverts";

    const auto for_one =
        Classifier::build({.rules = {{.destinations = {{host(decoy), 32}}, .action = inside}}}, 1).value();
    EXPECT_TRUE(for_one->may_send_inside(host("192.0.2.1"), host(decoy)));
    EXPECT_FALSE(for_one->may_send_inside(host("192.0.2.1"), host(server)));
}

TEST_F(Rules, ThousandsCanBeBuiltAndSwapped) {
    std::vector<ClassifierRule> rules;
    for (std::uint32_t i = 0; i < 4000; ++i)
        rules.push_back({.destinations = {{campus.network + i * 4 + 1, 32}},
                         .protocol = protocol::tcp,
                         .ports = {{static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)}},
                         .action = Action::drop});
    set_rules(rules);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, "10.1.0.5").tcp(9, 1)).end, End::dropped);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, "10.1.0.5").tcp(9, 2)).end, End::packet_in);
    set_rules({});
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, "10.1.0.5").tcp(9, 1)).end, End::packet_in);
}

TEST_F(Decoys, NewConnectionsAreDivertedAndNothingElse) {
    struct Row {
        std::string description;
        Frame frame;
        End end;
    };
    const auto from = [](const char* destination) { return Frame().ipv4(attacker, destination); };
    const std::vector<Row> rows{
        {"a connection request", syn(printer), End::packet_in},
        {"the middle of a connection that the host may have had before", from(printer).tcp(1, 2, 0x10),
         End::inside},
        {"an answer to its own request", from(printer).tcp(80, 2, 0x12), End::inside},
        {"a reset", from(printer).tcp(80, 2, 0x04), End::inside},
        {"a ping", from(printer).icmp(8, 1), End::packet_in},
        {"an answer to its own ping", from(printer).icmp(0, 1), End::inside},
        {"an ICMP error about something of its own",
         from(printer).icmp_error(3, Frame().ipv4(printer, attacker).udp(5, 6)), End::inside},
        {"UDP", from(printer).udp(5, 6), End::packet_in},
        {"a fragment without ports", from(printer).udp(5, 6).fragment(1480, false), End::packet_in},
        {"another host", syn(server), End::inside},
    };
    for (const Row& row : rows) EXPECT_EQ(from_outside(row.frame).end, row.end) << row.description;
}

TEST_F(Decoys, RepliesToWhatTheHostHasSentReachIt) {
    const auto query = Frame().between(core_mac, upstream_mac).ipv4(printer, attacker).udp(5000, 53);
    const auto response = Frame().ipv4(attacker, printer).udp(53, 5000);
    EXPECT_EQ(from_outside(response).end, End::packet_in);
    EXPECT_EQ(from_inside(query).end, End::outside);
    EXPECT_EQ(from_outside(response).end, End::inside);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, printer).udp(53, 5001)).end, End::packet_in)
        << "another flow";
    pipeline_->set_time(1000 + OwnFlows::lifetime_ms + 2000, true);
    EXPECT_EQ(from_outside(response).end, End::packet_in) << "two minutes later";
}

TEST_F(Decoys, AHostsOwnFlowGoesBeforeASessionOfTheSameName) {
    const SessionKey key{ip(attacker), ip(printer), Be16::from_host(123), Be16::from_host(123),
                         protocol::udp};
    add_session(key);
    const auto packet = Frame().ipv4(attacker, printer).udp(123, 123);
    EXPECT_EQ(from_outside(packet).end, End::honeypot);
    (void)from_inside(Frame().ipv4(printer, attacker).udp(123, 123));
    EXPECT_EQ(from_outside(packet).end, End::inside);
}

TEST_F(Decoys, AreDivertedByHandshakeToo) {
    modes_.handshake = true;
    EXPECT_EQ(from_outside(syn(printer)).end, End::honeypot);
    EXPECT_EQ(
        from_honeypot(Frame().between(honeypot_mac, switch_mac).ipv4(printer, attacker).tcp(22, 40000, 0x12))
            .end,
        End::outside);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, printer).tcp(40000, 22, 0x10)).end, End::packet_in);
}

TEST_F(Decoys, AreLeftAloneWhenTheControlThreadIsSilent) {
    pipeline_->set_time(5000, false);
    EXPECT_EQ(from_outside(syn(printer)).end, End::inside);
}

TEST_F(Lists, AttackersAreDivertedWhereverTheyGo) {
    set_classifier(
        {.lists = {{.protocol = protocol::tcp, .ports = {{22, 22}}, .pool = 1}}, .campus = {campus}});
    EXPECT_EQ(from_outside(syn(server)).end, End::inside);
    put_on_list(0, attacker);
    EXPECT_EQ(from_outside(syn(server)).end, End::packet_in);
    EXPECT_EQ(from_outside(syn(elsewhere)).end, End::packet_in) << "in no domain";
    EXPECT_EQ(from_outside(syn(server, 80)).end, End::inside) << "only for certain ports";
    EXPECT_EQ(from_outside(Frame().ipv4("198.51.100.2", server).tcp(1, 22, 0x02)).end, End::inside)
        << "its neighbour";
    EXPECT_TRUE(sources_->set(prefix(attacker), Listing()));
    EXPECT_EQ(from_outside(syn(server)).end, End::inside);
    EXPECT_TRUE(sources_->lists_none());
}

TEST_F(Lists, APrefixListsAllOfIt) {
    set_classifier({.lists = {{}}, .campus = {campus}});
    put_on_list(0, "198.0.0.0", 8);
    EXPECT_EQ(from_outside(syn(server)).end, End::packet_in);
    EXPECT_EQ(from_outside(Frame().ipv4("199.0.0.1", server).tcp(1, 22, 0x02)).end, End::inside);
}

TEST_F(Lists, TheBenignAreNeverDivertedNotEvenFromASession) {
    set_classifier({.lists = {{.benign = true}}, .campus = {campus}});
    add_session(key_of(decoy));
    put_on_list(0, "198.51.100.0", 24);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(from_outside(to("10.1.0.99")).end, End::inside);
    EXPECT_EQ(counted(Counter::outside_to_inside_benign), 2U);
}

/// A router is on nobody's list.
TEST_F(Lists, NeitherIsARoutersErrorAboutAFlowOfTheBenign) {
    set_classifier({.lists = {{.benign = true}}, .campus = {campus}});
    add_session(key_of(decoy));
    const auto error =
        Frame().ipv4("203.0.113.254", decoy).icmp_error(3, Frame().ipv4(decoy, attacker).tcp(22, 40000, 0));
    const auto before = from_outside(error).end;
    EXPECT_EQ(before, End::honeypot) << "it is about the session";
    put_on_list(0, attacker);
    EXPECT_EQ(from_outside(error).end, End::inside);
}

TEST_F(Lists, ARuleGoesBeforeAListOfAttackers) {
    set_classifier({.rules = {{.destinations = {prefix(server)}, .action = Action::inside}},
                    .lists = {{}},
                    .campus = {campus}});
    put_on_list(0, attacker);
    EXPECT_EQ(from_outside(syn(server)).end, End::inside);
    EXPECT_EQ(from_outside(syn(printer)).end, End::packet_in);
}

/// Numbers outlast the order of the file: a list may come before one of a lower number, and a number may be
/// nobody's while sources are still taken out of it.
TEST_F(Lists, TheOrderOfTheFileDecidesAndANumberWithoutAListSaysNothing) {
    modes_.handshake = true;
    set_classifier(
        {.lists = {{.used = false}, {.pool = 0, .rank = 1}, {.pool = 1, .rank = 0}}, .campus = {campus}});
    EXPECT_TRUE(sources_->set(prefix(attacker), Listing(0b001)));
    EXPECT_EQ(from_outside(syn(server)).end, End::inside);
    EXPECT_TRUE(sources_->set(prefix(attacker), Listing(0b111)));
    const auto frame = from_outside(syn(decoy)).frame;
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 6, mac("02:00:00:00:00:ab").begin())) << "pool 1";
}

TEST_F(Lists, AnswersOfListedSourcesReachWhoAskedThem) {
    set_classifier({.lists = {{}}, .campus = {campus}});
    put_on_list(0, attacker);
    const auto response = Frame().ipv4(attacker, server).udp(53, 5000);
    EXPECT_EQ(from_outside(response).end, End::packet_in);
    (void)from_inside(Frame().ipv4(server, attacker).udp(5000, 53));
    EXPECT_EQ(from_outside(response).end, End::inside);
}

TEST_F(Lists, ASourceThatWasMovedGoesToTheOtherPool) {
    modes_.handshake = true;
    EXPECT_TRUE(sources_->set(prefix(attacker), Listing().moved(0, 1)));
    EXPECT_TRUE(sources_->lists_none()) << "that puts nobody on a list";
    const auto frame = from_outside(syn(decoy)).frame;
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 6, mac("02:00:00:00:00:ab").begin()));
    EXPECT_TRUE(sources_->set(prefix(attacker), sources_->at(prefix(attacker)).not_moved()));
    EXPECT_EQ(sources_->size(), 0U);
}

TEST_F(Lists, AFullTableRefusesAndKeepsWhatItHas) {
    std::uint32_t added = 0;
    while (sources_->set({0x0b000000 + added, 32}, Listing(1))) ++added;
    EXPECT_GE(added, 1024U);
    EXPECT_EQ(sources_->size(), added);
    EXPECT_EQ(sources_->find(0x0b000000).lists(), 1U);
    EXPECT_EQ(sources_->find(0x0b000000 + added).lists(), 0U);
    for (std::uint32_t i = 0; i < added; ++i) EXPECT_TRUE(sources_->set({0x0b000000 + i, 32}, Listing()));
    EXPECT_TRUE(sources_->lists_none());
    EXPECT_FALSE(sources_->may_list(0x0b000000));
}

TEST_F(WithClassifier, TheCampusIsAllThatItsPrefixesHold) {
    set_classifier({.campus = {prefix("10.2.0.0", 16), prefix("10.1.2.0", 24), prefix("192.0.2.7", 32),
                               campus, prefix("10.1.0.0", 28), prefix("255.255.255.0", 24)}});
    const auto on_campus = [&](const char* address) {
        return classifier_.get().on_campus(ip(address).host());
    };
    for (const char* const address :
         {"10.1.0.0", "10.1.2.3", "10.1.255.255", "10.2.0.0", "10.2.255.255", "192.0.2.7", "255.255.255.255"})
        EXPECT_TRUE(on_campus(address)) << address;
    for (const char* const address :
         {"0.0.0.0", "10.0.255.255", "10.3.0.0", "192.0.2.6", "192.0.2.8", "255.255.254.255"})
        EXPECT_FALSE(on_campus(address)) << address;
    set_classifier({});
    EXPECT_FALSE(on_campus("10.1.0.0"));
}

}  // namespace
}  // namespace honeyswitch::dataplane
