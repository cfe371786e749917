// In whose name the agent asks, and that no host loses its address to it.
#include "agent/explore/sender.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/explore/segment.hpp"

namespace honeyswitch::agent {
namespace {

/// A host that comes up as RFC 5227 says: it waits, probes three times, waits, announces, and then has its
/// address. Until then a frame from the address, or another's probe for it, is a conflict; afterwards a frame
/// from the address alone is one.
class ComingHost {
  public:
    ComingHost(Segment& segment, std::uint32_t number, Clock::time_point start, std::mt19937& random)
        : segment_(&segment), number_(number) {
        const auto between = [&](int least, int most) {
            return std::chrono::milliseconds(std::uniform_int_distribution<>(least, most)(random));
        };
        begins_ = start;
        due_ = start + between(0, 1000);
        for (auto& pause : pauses_) pause = between(1000, 2000);
        pauses_[2] = 2s;  // ANNOUNCE_WAIT
    }

    void see(const ArpFrame& frame) {
        if (segment_->now < begins_ || conflict) return;
        const bool from_it = frame.sender == at(number_);
        const bool probes_too = frame.is_probe() && frame.target == at(number_) && !has_address;
        conflict = from_it || probes_too;
    }
    void tick() {
        if (conflict || has_address || segment_->now < due_) return;
        if (sent_ < pauses_.size()) {
            segment_->hear(Segment::request({}, mac_of(number_), at(number_)));
            due_ = segment_->now + pauses_[sent_++];
            return;
        }
        has_address = true;
        segment_->hear(Segment::request(at(number_), mac_of(number_), at(number_)));
        segment_->hosts.insert(number_);
    }

    bool has_address = false, conflict = false;

  private:
    Segment* segment_;
    std::uint32_t number_;
    std::size_t sent_ = 0;
    std::array<Clock::duration, 3> pauses_{};
    Clock::time_point begins_, due_;
};

/// 240 hosts come up within a minute, at random moments.
std::vector<ComingHost> coming_hosts(Segment& segment) {
    std::mt19937 random(7);
    std::vector<ComingHost> hosts;
    for (std::uint32_t number = 1; number <= 240; ++number) {
        const auto delay = std::chrono::milliseconds(std::uniform_int_distribution<>(0, 60'000)(random));
        hosts.emplace_back(segment, number, segment.now + delay, random);
    }
    return hosts;
}

TEST(Sender, NoHostLosesItsAddressToTheAgent) {
    struct Row {
        const char* what;
        bool own, configured, asks;
    };
    for (const auto& [what, own, configured, asks] :
         {Row{"the interface has an address", true, false, true},
          Row{"an address is set aside for the agent", false, true, true},
          Row{"no address at all", false, false, false}}) {
        auto options = quick();
        if (configured) options.sender = own_address;
        Segment segment(options);
        if (!own) segment.domain.set_own(agent_mac, {});
        auto hosts = coming_hosts(segment);
        segment.overheard = [&](const ArpFrame& frame) {
            for (auto& host : hosts) host.see(frame);
        };
        segment.meanwhile = [&] {
            for (auto& host : hosts) host.tick();
        };
        segment.pass(80s);
        EXPECT_EQ(std::ranges::count_if(hosts, &ComingHost::conflict), 0) << what;
        EXPECT_EQ(std::ranges::count_if(hosts, &ComingHost::has_address), 240) << what;
        EXPECT_EQ(segment.found().size(), 240U) << what << ": all are known, by their own words";
        EXPECT_EQ(segment.domain.report().swept, asks) << what;
        EXPECT_EQ(segment.domain.counters().requests > 1000, asks) << what;
    }
}

TEST(Sender, AnAddressThatAHostProbesForIsNotAskedForMeanwhile) {
    Segment segment(quick());
    segment.hosts = {1};
    segment.pass(one_sweep);
    segment.hear(Segment::request({}, mac_of(9), at(9)));
    segment.requests.clear();
    segment.pass(9s);
    const auto for_it = [](const ArpFrame& frame) { return frame.target == at(9); };
    EXPECT_TRUE(std::ranges::none_of(segment.requests, for_it));
    EXPECT_FALSE(segment.requests.empty()) << "a sweep ran";
    EXPECT_TRUE(segment.active(9)) << "nobody asked, so its silence proves nothing";
    segment.pass(20s);
    EXPECT_TRUE(std::ranges::any_of(segment.requests, for_it));
    EXPECT_FALSE(segment.active(9)) << "it never came";
}

TEST(Sender, WithoutAnAddressTheAgentOnlyListensAndSaysSo) {
    Segment segment(quick());
    segment.domain.set_own(agent_mac, {});
    segment.hosts = {1};
    segment.hear(Segment::request(at(2), mac_of(2), at(1)));
    segment.pass(60s);
    EXPECT_TRUE(segment.requests.empty());
    EXPECT_FALSE(segment.domain.report().swept);
    EXPECT_TRUE(segment.active(2)) << "it cannot be asked, so it stays";
    ASSERT_EQ(segment.warnings.size(), 1U);
    EXPECT_NE(segment.warnings[0].find("no sender is configured"), std::string::npos);

    segment.domain.set_own(agent_mac, {own_address});
    segment.pass(one_sweep);
    EXPECT_TRUE(segment.domain.report().swept);
    segment.domain.set_own(agent_mac, {});
    segment.pass(1ms);
    EXPECT_FALSE(segment.domain.report().swept) << "nobody can be asked any more";
    segment.pass(60s);
    EXPECT_TRUE(segment.active(1));
}

TEST(Sender, ProbesForTheAddressThatIsSetAsideBeforeItAsksInItsName) {
    auto options = quick();
    options.sender = own_address;
    Segment segment(options);
    segment.domain.set_own(agent_mac, {});
    segment.hosts = {1};
    segment.pass(10s);
    ASSERT_GT(segment.requests.size(), 3U);
    for (std::size_t i = 0; i < segment.requests.size(); ++i) {
        EXPECT_EQ(segment.requests[i].is_probe(), i < 3) << i;
        EXPECT_EQ(segment.requests[i].target == own_address, i < 3) << i;
        EXPECT_EQ(segment.requests[i].sender == own_address, i >= 3) << i;
    }
    EXPECT_EQ(segment.domain.report().active.addresses(), (std::vector{at(1), own_address}));
    EXPECT_EQ(segment.asked_as, (std::vector<std::optional<Ipv4Address>>{std::nullopt, own_address}));
    EXPECT_TRUE(segment.warnings.empty());
}

TEST(Sender, GivesTheAddressUpAsSoonAsAnotherWantsIt) {
    struct Row {
        const char* what;
        ArpFrame frame;
    };
    const auto other = mac_of(77);
    for (const auto& [what, frame] : {Row{"uses it", Segment::request(own_address, other, at(1))},
                                      Row{"probes for it", Segment::request({}, other, own_address)},
                                      Row{"answers for it", Segment::reply(own_address, other)}}) {
        for (const auto while_claiming : {true, false}) {
            auto options = quick();
            options.sender = own_address;
            Segment segment(options);
            segment.domain.set_own(agent_mac, {});
            segment.hosts = {1};
            segment.pass(while_claiming ? 1500ms : 20s);
            segment.hear(frame);
            segment.requests.clear();
            segment.pass(5min);
            EXPECT_TRUE(segment.requests.empty()) << what;
            EXPECT_FALSE(segment.domain.report().swept) << what;
            ASSERT_FALSE(segment.warnings.empty()) << what;
            EXPECT_NE(segment.warnings.back().find(to_string(other)), std::string::npos) << what;
            segment.pass(10min);
            EXPECT_TRUE(segment.domain.report().swept) << what << ": the other was silent for long";
        }
    }
}

TEST(Sender, TwoAgentsThatAreGivenTheSameAddressBothStepBack) {
    auto options = quick();
    options.sender = own_address;
    Segment segment(options);
    segment.domain.set_own(agent_mac, {});
    std::mt19937 random(3);
    Sender second(own_address, [&] { return random(); });
    second.claim(segment.now);
    segment.overheard = [&](const ArpFrame& frame) { second.heard(frame, segment.now); };
    segment.meanwhile = [&] {
        second.tick(segment.now, [&](Ipv4Address address) {
            segment.hear(Segment::request({}, mac_of(2), address));
            return true;
        });
    };
    segment.pass(1min);
    EXPECT_FALSE(segment.domain.asks_as() && second.address());
}

/// Some hosts do not answer a sender of 0.0.0.0, and some none from outside their network.
TEST(Sender, HostsThatAnswerOnlyTheirNeighboursAreFound) {
    for (const bool configured : {false, true}) {
        auto options = quick();
        if (configured) options.sender = own_address;
        Segment segment(options);
        if (configured) segment.domain.set_own(agent_mac, {});
        segment.overheard = [&](const ArpFrame& frame) {
            segment.hosts.clear();
            if (options.prefix.contains(frame.sender)) segment.hosts = {5};
        };
        segment.pass(15s);
        EXPECT_TRUE(segment.active(5));
    }
}

}  // namespace
}  // namespace honeyswitch::agent
