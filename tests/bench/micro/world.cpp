#include "tests/bench/micro/world.hpp"

#include <cstdlib>
#include <string>

#include <netinet/in.h>

#include <rte_ethdev.h>

namespace honeyswitch::bench {

using namespace dataplane;

namespace {

constexpr std::uint32_t seed = 1;
constexpr std::uint32_t usable_addresses = 65'534;
constexpr EtherAddress honeypot_mac{0x02, 0, 0, 0, 0x03, 0x03};
constexpr unsigned buffer_count = 16'384;

std::array<std::uint16_t, most_ports> swallowing_ports(rte_mempool& buffers) {
    std::array<std::uint16_t, most_ports> ports{};
    for (unsigned i = 0; i < side_count; ++i) {
        ports[i] = or_end(Eal::attach("net_null" + std::to_string(i) + ",no-rx=1"));
        const rte_eth_conf config{};
        bool started = rte_eth_dev_configure(ports[i], worker_count, worker_count, &config) == 0;
        for (std::uint16_t queue = 0; queue < worker_count; ++queue)
            started = started && rte_eth_rx_queue_setup(ports[i], queue, 64, 0, nullptr, &buffers) == 0 &&
                      rte_eth_tx_queue_setup(ports[i], queue, 64, 0, nullptr) == 0;
        if (!started || rte_eth_dev_start(ports[i]) != 0) std::exit(1);
    }
    return ports;
}

}  // namespace

Traffic64::Traffic64(Traffic traffic, std::uint32_t flows, std::uint32_t first)
    : traffic_(traffic),
      flows_(flows),
      first_(first),
      templates_{make_template(traffic, 0, false, 60), make_template(traffic, 0, true, 60)} {}

Identity Traffic64::next() {
    const bool active = traffic_ == Traffic::active || traffic_ == Traffic::outbound;
    const std::uint32_t number = first_ + number_;
    number_ = number_ + 1 == flows_ ? 0 : number_ + 1;
    return active ? identity(number, seed, 1, active_addresses)
                  : identity(number, seed, active_addresses + 1, usable_addresses - active_addresses);
}

void Traffic64::write(std::byte* frame) {
    const Identity who = next();
    write_frame(frame, templates_[who.udp], who, from_campus(traffic_), 0);
}

SessionKey key_of(const Identity& who) {
    const std::uint8_t protocol = who.udp ? IPPROTO_UDP : IPPROTO_TCP;
    return {Be32::from_host(who.remote), Be32::from_host(who.campus), Be16::from_host(who.remote_port),
            Be16::from_host(who.campus_port), protocol};
}

World::World()
    : eal_(or_end(Eal::start({"--in-memory", "--no-pci", "--no-telemetry", "--lcores=0@1,1@0",
                              "--main-lcore=0", "--log-level=warning"}))),
      buffers_(or_end(create_buffer_pool(buffer_count))),
      ports_(swallowing_ports(*buffers_)),
      quiescence_(or_end(Quiescence::create(1))),
      addresses_(
          or_end(AddressTable::create({.addresses = 1 << 17, .domains = 16, .sightings = 64}, quiescence_))),
      pending_(or_end(PendingTable::create(1 << 20))),
      own_flows_(or_end(OwnFlows::create())),
      sources_(or_end(SourceTable::create(131'072, quiescence_))) {
    for (unsigned i = 0; i < worker_count; ++i) {
        workers_[i] = std::make_unique<WorkerPart>();
        workers_[i]->packet_ins =
            or_end(MbufRing::create("packet_ins" + std::to_string(i), 2 * buffer_count));
        workers_[i]->transmitter.emplace(ports_, side_count, PortLayout(), i, workers_[i]->counters);
    }
    std::vector<std::uint32_t> active;
    for (std::uint32_t rank = 1; rank <= active_addresses; ++rank)
        active.push_back(campus_address(rank, seed));
    if (!addresses_->add_domain({campus_network, 16}, DomainKind::known, active)) std::exit(1);
    honeypots_.set(0, {honeypot_mac, 0, 0});
    (void)classifier_.swap(or_end(Classifier::build({}, 1)));
    pools_.set(0, Affinity::source, false, PoolTable::Slots{});
}

World& World::get() {
    static World* const world = new World;  // never taken down: EAL outlives the static destructors' order
    return *world;
}

SessionTable& World::sessions(std::uint32_t count) {
    if (sessions_ && session_count_ == count) return *sessions_;
    sessions_.reset();
    sessions_ = or_end(SessionTable::create(std::max(count, 64U), quiescence_));
    Traffic64 traffic(Traffic::session, count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const SessionKey key = key_of(traffic.next());
        addresses_->session_added(key.inside.host());
        if (!sessions_->add({.key = key, .path = {}}, 0)) std::exit(1);
    }
    session_count_ = count;
    return *sessions_;
}

Pipeline World::pipeline(std::uint32_t session_count, unsigned worker) {
    WorkerPart& own = *workers_[worker];
    return {{*addresses_, sessions(session_count), honeypots_, pools_, *pending_, *own_flows_, *sources_,
             classifier_, modes_},
            {.worker = worker},
            *own.packet_ins,
            *own.transmitter,
            own.counters,
            own.tally,
            or_end(ReplyLimiter::create(1))};
}

unsigned World::free_packet_ins() {
    std::array<rte_mbuf*, burst_size> packets;
    const unsigned count = workers_[0]->packet_ins->take(packets);
    rte_pktmbuf_free_bulk(packets.data(), count);
    return count;
}

void World::fill(std::span<rte_mbuf*> packets, Traffic64& traffic) {
    if (rte_pktmbuf_alloc_bulk(buffers_.get(), packets.data(), static_cast<unsigned>(packets.size())) != 0)
        std::exit(1);
    for (rte_mbuf* packet : packets) {
        traffic.write(rte_pktmbuf_mtod(packet, std::byte*));
        packet->data_len = 60;
        packet->pkt_len = 60;
    }
}

}  // namespace honeyswitch::bench
