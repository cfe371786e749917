// A worker's loop: given these frames on the wires and this word of the control thread, expect this round.
#include "dataplane/stages/worker.hpp"

#include <optional>
#include <thread>

#include "dataplane/data_plane.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "tests/unit/fixtures/ring_ports.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr const char* attacker = "198.51.100.1";
constexpr const char* server = "10.1.0.16";
constexpr const char* unused = "10.1.0.32";
constexpr std::uint64_t far_away_ms = std::uint64_t{1} << 50;

Frame to(const char* destination, std::uint16_t port = 40000) {
    return Frame().ipv4(attacker, destination).tcp(port, 22);
}

class WorkerRounds : public testing::Test {
  protected:
    WorkerRounds() : plane_(made_plane(ports_, clock_)) {
        const std::array active{ip(server).host()};
        EXPECT_TRUE(plane_->addresses().add_domain({ip("10.1.0.0").host(), 16}, DomainKind::known, active));
        plane_->honeypots().set(0, {mac("02:00:00:00:00:aa"), 0, 0});
        plane_->heartbeat().beat(far_away_ms);
    }
    ~WorkerRounds() override {
        plane_.reset();
        for (const PortIndex port : {outside_port, inside_port, first_honeypot_port})
            (void)ports_.take_all(port);
        EXPECT_EQ(buffers_in_use(buffers()), 0U) << "a buffer was lost";
    }

    static std::unique_ptr<DataPlane> made_plane(RingPorts& ports, const SwitchClock& clock) {
        return DataPlane::create({.sessions = 64,
                                  .addresses = {.addresses = 1 << 16, .domains = 4, .sightings = 4},
                                  .ring_size = 256,
                                  .heartbeat_timeout_ms = 0,
                                  .pending = 64,
                                  .sources = 16},
                                 ports.take(), clock)
            .value();
    }
    [[nodiscard]] Worker& worker() { return *plane_->workers().front(); }
    [[nodiscard]] std::uint64_t counted(Counter counter) const { return plane_->counted(counter); }
    /// Of what was handed over, all.
    unsigned take_packet_ins() {
        unsigned count = 0;
        for (rte_mbuf* packet = nullptr; worker().packet_ins().take(std::span(&packet, 1)) == 1; ++count)
            rte_pktmbuf_free(packet);
        return count;
    }
    /// A packet of the control thread, for this port.
    void packet_out(PortIndex port, const Frame& frame) {
        rte_mbuf* packet = buffer_with(frame.bytes());
        packet->port = port;
        ASSERT_EQ(worker().packet_outs().give(std::span(&packet, 1)), 1U);
    }
    /// A round that finds a full burst outside: one packet of it is legitimate, the others are a scan's.
    void flooded_round() {
        ports_.arrive(outside_port, to(server));
        for (std::uint16_t port = 1; port < burst_size; ++port) ports_.arrive(outside_port, to(unused, port));
        (void)worker().round();
        legitimate_ += ports_.take_all(inside_port);
        (void)take_packet_ins();
    }

    RingPorts ports_;
    SwitchClock clock_;
    std::unique_ptr<DataPlane> plane_;
    std::size_t legitimate_ = 0;  ///< of the rounds so far
};

TEST_F(WorkerRounds, TakeABurstFromEachPort) {
    const Frame inside_out = Frame().between(core_mac, upstream_mac).ipv4(server, attacker).tcp(22, 40000);
    ports_.arrive(outside_port, to(server));
    ports_.arrive(inside_port, inside_out);
    ports_.arrive(first_honeypot_port, Frame().ipv4(unused, attacker).tcp(22, 40000, 0x12));
    EXPECT_EQ(worker().round(), 3U);
    EXPECT_EQ(ports_.next(inside_port), to(server).bytes());
    EXPECT_EQ(ports_.next(outside_port), inside_out.bytes());
    EXPECT_EQ(counted(Counter::honeypot_contained_no_session), 1U);
    EXPECT_EQ(worker().round(), 0U);
}

TEST_F(WorkerRounds, ReadTheClockOnce) {
    const SessionKey key{ip(attacker), ip(unused), Be16::from_host(40000), Be16::from_host(22),
                         protocol::tcp};
    plane_->addresses().session_added(key.inside.host());
    const auto session = plane_->sessions().add({.key = key, .path = {core_mac, upstream_mac}}, 0).value();
    const auto before = static_cast<std::uint32_t>(clock_.now_ms());
    ports_.arrive(outside_port, to(unused));
    EXPECT_EQ(worker().round(), 1U);
    const auto after = static_cast<std::uint32_t>(clock_.now_ms());
    EXPECT_EQ(ports_.take_all(first_honeypot_port), 1U);
    const std::uint32_t seen = plane_->sessions().at(session).last_seen;
    EXPECT_GE(seen, before);
    EXPECT_LE(seen, after);
}

TEST_F(WorkerRounds, FailOpenWhileTheControlThreadIsSilent) {
    ports_.arrive(outside_port, to(unused));
    (void)worker().round();
    EXPECT_EQ(take_packet_ins(), 1U);

    while (clock_.now_ms() < 2) {
    }
    plane_->heartbeat().beat(0);
    ports_.arrive(outside_port, to(unused));
    (void)worker().round();
    EXPECT_EQ(take_packet_ins(), 0U);
    EXPECT_EQ(ports_.next(inside_port), to(unused).bytes());
    EXPECT_EQ(counted(Counter::outside_to_inside_fail_open), 1U);

    plane_->heartbeat().beat(far_away_ms);
    ports_.arrive(outside_port, to(unused));
    (void)worker().round();
    EXPECT_EQ(take_packet_ins(), 1U);
}

TEST_F(WorkerRounds, SendPacketOutsBeforeTheirBursts) {
    ports_.arrive(outside_port, to(server, 2));
    packet_out(inside_port, to(server, 1));
    packet_out(outside_port, to(attacker, 3));
    packet_out(first_honeypot_port, to(unused, 4));
    EXPECT_EQ(worker().round(), 4U);
    EXPECT_EQ(ports_.next(inside_port), to(server, 1).bytes());
    EXPECT_EQ(ports_.next(inside_port), to(server, 2).bytes());
    EXPECT_EQ(ports_.next(outside_port), to(attacker, 3).bytes());
    EXPECT_EQ(ports_.next(first_honeypot_port), to(unused, 4).bytes());
    EXPECT_EQ(counted(Counter::packet_out_inside), 1U);
    EXPECT_EQ(counted(Counter::packet_out_outside), 1U);
    EXPECT_EQ(counted(Counter::packet_out_honeypot), 1U);
}

TEST_F(WorkerRounds, SendAllPacketOutsThatAreThere) {
    const unsigned many = 3 * burst_size + 1;
    for (unsigned i = 0; i < many; ++i) packet_out(outside_port, to(attacker));
    EXPECT_EQ(worker().round(), many);
    EXPECT_EQ(ports_.take_all(outside_port), many);
}

TEST_F(WorkerRounds, LetFragmentsGoStraightOnWhenThoseBeforeThemAreSettled) {
    const auto add = [&](const SessionKey& key) {
        plane_->addresses().session_added(key.inside.host());
        EXPECT_TRUE(plane_->sessions().add({.key = key, .path = {core_mac, upstream_mac}}, 0));
    };
    const SessionKey key{ip(attacker), ip(unused), Be16::from_host(40000), Be16::from_host(22),
                         protocol::tcp};
    add(key);
    const auto goes_straight = [&] {
        ports_.arrive(outside_port, to(unused).fragment(0, true));
        (void)worker().round();
        return ports_.take_all(first_honeypot_port) == 1;
    };
    EXPECT_FALSE(goes_straight());
    add(companion_of(key));
    EXPECT_FALSE(goes_straight()) << "behind the first, which has not come back";
    EXPECT_EQ(take_packet_ins(), 2U);
    worker().settle(2);
    EXPECT_TRUE(goes_straight());
}

TEST_F(WorkerRounds, ShedAFloodAndNotWhatIsLegitimate) {
    constexpr std::size_t rounds = 40;
    for (std::size_t i = 0; i < rounds; ++i) flooded_round();
    EXPECT_EQ(legitimate_, rounds);
    EXPECT_GT(counted(Counter::outside_dropped_overload), 0U);
    const auto dropped = counted(Counter::outside_dropped_overload);
    flooded_round();
    EXPECT_EQ(counted(Counter::outside_dropped_overload), dropped + burst_size - 2)
        << "one of a burst is carried, whatever comes";
}

TEST_F(WorkerRounds, AskHoneypotsSeldomWhileTheLinkWaits) {
    for (int i = 0; i < 40; ++i) flooded_round();
    unsigned asked = 0;
    for (int i = 0; i < 32; ++i) {
        const auto before = counted(Counter::honeypot_contained_no_session);
        ports_.arrive(first_honeypot_port, Frame().ipv4(unused, attacker).tcp(22, 40000, 0x12));
        flooded_round();
        if (counted(Counter::honeypot_contained_no_session) != before) ++asked;
    }
    EXPECT_EQ(asked, 2U);
    EXPECT_NE(worker().round(), 0U) << "the flood is over, and what has waited comes now";
}

TEST_F(WorkerRounds, EndWhenTheyAreToldTo) {
    const auto barrier = plane_->quiescence().start();
    std::thread running([this] { worker().run(); });
    ports_.arrive(outside_port, to(server));
    while (counted(Counter::outside_to_inside_active) == 0) std::this_thread::yield();
    while (!plane_->quiescence().reached(barrier)) std::this_thread::yield();
    worker().stop();
    running.join();
    EXPECT_TRUE(plane_->quiescence().reached(plane_->quiescence().start())) << "nobody waits for it any more";
    ports_.arrive(outside_port, to(server));
    worker().run();
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 1U) << "it stays stopped";
    EXPECT_EQ(worker().round(), 1U);
}

TEST_F(WorkerRounds, APortThatIsGivenUpIsLetGoOnceNoWorkerUsesItAndTheOthersGoOn) {
    plane_->quiescence().online(0);
    ports_.arrive(outside_port, to(server));
    plane_->give_up(first_honeypot_port);
    plane_->let_go();
    const Port& port = plane_->ports()[first_honeypot_port];
    EXPECT_EQ(port.rx_queues(), 0U);
    EXPECT_TRUE(port.link_up()) << "the worker may be at it still";
    const auto begun = plane_->quiescence().begun();
    packet_out(first_honeypot_port, to(unused));
    EXPECT_EQ(worker().round(), 2U) << "what comes from outside, and the control thread's";
    plane_->quiescence().quiescent(0, begun);
    plane_->let_go();
    EXPECT_FALSE(port.link_up());
    EXPECT_EQ(plane_->dropped_at(first_honeypot_port), 1U);
    EXPECT_EQ(plane_->statistics(first_honeypot_port).tx_packets, 0U);
    EXPECT_EQ(ports_.next(inside_port), to(server).bytes());
    ports_.arrive(outside_port, to(server));
    EXPECT_EQ(worker().round(), 1U);
    plane_->quiescence().offline(0);
}

}  // namespace
}  // namespace honeyswitch::dataplane
