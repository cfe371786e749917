#include "tests/unit/switch_fixture.hpp"

#include <algorithm>
#include <array>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "dataplane/eal.hpp"
#include "dataplane/rewrite.hpp"

namespace honeyswitch::dataplane {
namespace {

/// EAL can be started once in a process; the ports and buffers of all tests live as long.
struct World {
    World()
        : eal(Eal::start({"--no-huge", "-m", "512", "--no-pci", "--no-telemetry", "--lcores=0",
                          "--log-level=warning", "--file-prefix=unit-tests-" + std::to_string(getpid())})
                  .value()),
          buffers(create_buffer_pool(4096).value()) {
        for (unsigned i = 0; i < side_count; ++i) {
            const std::string name = "wire" + std::to_string(i);
            wires[i] = rte_ring_create(name.c_str(), 256, SOCKET_ID_ANY, 0);
            rte_ring* const nothing = rte_ring_create((name + "rx").c_str(), 2, SOCKET_ID_ANY, 0);
            const int port = rte_eth_from_rings(name.c_str(), &nothing, 1, &wires[i], 1, 0);
            ports[i] = static_cast<std::uint16_t>(port);
            const rte_eth_conf config{};
            const bool started = rte_eth_dev_configure(ports[i], 1, 1, &config) == 0 &&
                                 rte_eth_rx_queue_setup(ports[i], 0, 64, 0, nullptr, buffers.get()) == 0 &&
                                 rte_eth_tx_queue_setup(ports[i], 0, 64, 0, nullptr) == 0 &&
                                 rte_eth_dev_start(ports[i]) == 0;
            if (port < 0 || !started) std::abort();
        }
    }
    Eal eal;
    BufferPool buffers;
    std::array<rte_ring*, side_count> wires{};
    std::array<std::uint16_t, most_ports> ports{};
};

World& world() {
    static World* const the_world =
        new World;  // never taken down: EAL outlives the static destructors' order
    return *the_world;
}

rte_mbuf* buffer_with(const Frame::Bytes& bytes) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(world().buffers.get());
    char* const place = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(bytes.size()));
    std::memcpy(place, bytes.data(), bytes.size());
    return packet;
}

Frame::Bytes bytes_and_free(rte_mbuf* packet) {
    const auto frame = frame_of(packet);
    Frame::Bytes bytes(frame.begin(), frame.end());
    rte_pktmbuf_free(packet);
    return bytes;
}

Quiescence made_quiescence() {
    start_eal();
    return Quiescence::create(1).value();
}

}  // namespace

void start_eal() {
    (void)world();
}

SwitchFixture::SwitchFixture()
    : quiescence_(made_quiescence()),
      addresses_(
          AddressTable::create({.addresses = 1 << 18, .domains = 16, .sightings = 4}, quiescence_).value()),
      sessions_(SessionTable::create(1024, quiescence_).value()),
      pending_(PendingTable::create(1024).value()),
      own_flows_(OwnFlows::create().value()),
      listed_(ListedTable::create(1024, quiescence_).value()),
      punts_(MbufRing::create("punts", 8).value()),
      transmitter_(std::in_place, world().ports, side_count, 0, counters_),
      pipeline_(
          std::in_place,
          Tables{*addresses_, *sessions_, honeypots_, pools_, *pending_, *own_flows_, *listed_, policy_,
                 modes_},
          PipelineConfig{
              .worker = 0, .honeypot_port_macs = {switch_mac}, .probe_source = Be32::from_host(probe_source)},
          *punts_, *transmitter_, counters_, *tally_, ReplyLimiter::create(1).value()) {
    set_policy({.campus = {{ip("10.1.0.0").host(), 16}}});
    set_pool(0, {0});
    const std::array active{ip(server).host()};
    EXPECT_TRUE(addresses_->add_domain({ip("10.1.0.0").host(), 16}, DomainKind::known, active));
    honeypots_.set(0, {honeypot_mac, 0, first_honeypot_port});
    pipeline_->set_time(1000, true);
}

SwitchFixture::~SwitchFixture() {
    while (collect().end != End::dropped) {
    }
    EXPECT_EQ(rte_mempool_in_use_count(world().buffers.get()), 0U) << "a buffer was lost";
}

SessionKey SwitchFixture::key_of(const char* destination) {
    return {ip(attacker), ip(destination), Be16::from_host(40000), Be16::from_host(22), protocol::tcp};
}

SessionTable::Index SwitchFixture::add_session(const SessionKey& key, const L2Path& path) {
    addresses_->session_added(key.inside.host());
    return sessions_->add({.key = key, .path = path}, 1000).value();
}

void SwitchFixture::set_policy(const PolicyConfig& config) {
    (void)policy_.swap(Policy::build(config, 1).value());
}

void SwitchFixture::set_pool(PoolIndex pool, std::vector<HoneypotIndex> honeypots, bool drop) {
    PoolTable::Slots slots;
    for (std::size_t i = 0; i < slots.size(); ++i)
        slots.at(i) = honeypots.empty() ? no_honeypot : honeypots[i % honeypots.size()];
    pools_.set(pool, Affinity::source, drop, slots);
}

void SwitchFixture::remove_session(SessionTable::Index index, const char* destination) {
    sessions_->remove(index);
    sessions_->end_batch();
    addresses_->session_removed(ip(destination).host());
}

std::vector<std::string> SwitchFixture::other_counters(std::vector<Counter> but) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < counter_count; ++i) {
        const auto counter = static_cast<Counter>(i);
        if (counted(counter) != 0 && std::ranges::find(but, counter) == but.end())
            names.emplace_back(counter_info[i].name);
    }
    return names;
}

void SwitchFixture::give(const Stage& stage, const Frame& frame) {
    rte_mbuf* packet = buffer_with(frame.bytes());
    stage(*pipeline_, std::span(&packet, 1));
    transmitter_->flush();
}

void SwitchFixture::hold(const std::vector<Frame::Bytes>& burst) {
    std::vector<rte_mbuf*> packets;
    packets.reserve(burst.size());
    for (const Frame::Bytes& frame : burst) packets.push_back(buffer_with(frame));
    pipeline_->from_outside(packets);
    transmitter_->flush();
}

SwitchFixture::Outcome SwitchFixture::send(const Stage& stage, const Frame& frame) {
    give(stage, frame);
    return collect();
}

std::size_t SwitchFixture::ended(End end) {
    std::size_t count = 0;
    void* packet = nullptr;
    while (rte_ring_dequeue(world().wires.at(static_cast<std::size_t>(end)), &packet) == 0) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
        ++count;
    }
    return count;
}

SwitchFixture::Outcome SwitchFixture::collect() {
    for (unsigned i = 0; i < side_count; ++i) {
        void* packet = nullptr;
        if (rte_ring_dequeue(world().wires[i], &packet) == 0)
            return {static_cast<End>(i), bytes_and_free(static_cast<rte_mbuf*>(packet))};
    }
    rte_mbuf* packet = nullptr;
    if (punts_->take(std::span(&packet, 1)) == 1) return {End::punted, bytes_and_free(packet)};
    return {};
}

}  // namespace honeyswitch::dataplane
