#include "dataplane/eal/port.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/eal/eal.hpp"
#include "dataplane/eal/frame_lengths.hpp"
#include "dataplane/eal/kernel_sockets.hpp"

namespace honeyswitch::dataplane {
namespace {

std::string name_of(std::uint16_t id) {
    char name[RTE_ETH_NAME_MAX_LEN] = {};
    return rte_eth_dev_get_name_by_port(id, name) == 0 ? name : "port " + std::to_string(id);
}

std::unexpected<Error> failed(const char* attempted, std::uint16_t id, int code) {
    return std::unexpected(Error{attempted, name_of(id), rte_strerror(code < 0 ? -code : code)});
}

/// What a driver adds to an MTU to get the length of a frame with FCS, as rte_eth_dev_configure works it out.
std::uint32_t overhead_of(const rte_eth_dev_info& info) {
    const bool tells_both = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
    return tells_both ? info.max_rx_pktlen - info.max_mtu : RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
}

/// net_vmxnet3's two limits have nothing to do with each other: what it adds is what most drivers add.
std::uint32_t believable_overhead_of(const rte_eth_dev_info& info) {
    constexpr std::uint32_t most = 64;
    const std::uint32_t overhead = overhead_of(info);
    return overhead <= most ? overhead : RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
}

/// The MTU that lets a frame of `frame` bytes pass, or the largest that the device allows.
std::uint16_t device_mtu(const rte_eth_dev_info& info, std::uint32_t frame) {
    const std::uint32_t wanted = frame + RTE_ETHER_CRC_LEN - believable_overhead_of(info);
    const std::uint32_t most = info.max_rx_pktlen == 0
                                   ? UINT16_MAX
                                   : info.max_rx_pktlen - std::min(info.max_rx_pktlen, overhead_of(info));
    return static_cast<std::uint16_t>(std::min({wanted, std::uint32_t{info.max_mtu}, most}));
}

/// The longest frame that passes with this MTU.
std::uint32_t frame_with(const rte_eth_dev_info& info, std::uint16_t mtu) {
    return mtu + believable_overhead_of(info) - RTE_ETHER_CRC_LEN;
}

std::string too_few_queues(const std::string& driver, unsigned queues, unsigned workers) {
    std::string words = "each of " + std::to_string(workers);
    words += " workers needs a transmit queue, and its driver " + driver + " has ";
    words += std::to_string(queues) + "; set workers to " + std::to_string(queues);
    return words;
}

rte_eth_conf device_config(const rte_eth_dev_info& info, std::uint16_t rx_queues, std::uint16_t mtu) {
    rte_eth_conf config{};
    config.rxmode.mtu = mtu;
    config.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
    if (rx_queues > 1) {
        config.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        config.rx_adv_conf.rss_conf.rss_hf =
            (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
        if (config.rx_adv_conf.rss_conf.rss_hf == 0) config.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
    }
    // All buffers come from one pool, and none is referenced twice.
    config.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    return config;
}

}  // namespace

Port::Port(Port&& other) noexcept
    : id_(other.id_),
      rx_queues_(other.rx_queues()),
      open_(std::exchange(other.open_, false)),
      strips_vlan_(other.strips_vlan_),
      scatters_(other.scatters_),
      spreads_(other.spreads_),
      asked_(other.asked_),
      passes_(other.passes_),
      mac_(other.mac_),
      driver_(std::move(other.driver_)),
      interface_(std::move(other.interface_)),
      meter_(std::move(other.meter_)),
      last_(other.last_) {}

Port::~Port() {
    if (!open_) return;
    (void)rte_eth_dev_stop(id_);
    (void)rte_eth_dev_close(id_);
}

std::expected<void, Error> Port::set_link(bool up) const {
    const int code = up ? rte_eth_dev_set_link_up(id_) : rte_eth_dev_set_link_down(id_);
    if (code == 0) return {};
    if (code == -ENOTSUP)
        return std::unexpected(
            Error{"use", name_of(id_), "its driver " + driver_ + " cannot take its link down"});
    return failed(up ? "take up the link of" : "take down the link of", id_, code);
}

void Port::let_go() {
    if (!open_) return;
    last_ = meter_->read();
    open_ = false;
    (void)rte_eth_dev_stop(id_);
    Eal::detach(id_);
}

std::expected<Port, Error> Port::start(std::uint16_t id, const PortConfig& config) {
    Port port(id);
    if (auto configured = port.configure(config); !configured) return std::unexpected(configured.error());
    if (const int code = rte_eth_dev_start(id); code != 0) return failed("start", id, code);
    // A device without a promiscuous mode passes every frame anyway.
    if (const int code = rte_eth_promiscuous_enable(id); code != 0 && code != -ENOTSUP)
        return failed("set promiscuous mode on", id, code);
    rte_eth_rxq_info queue{};
    port.scatters_ = rte_eth_rx_queue_info_get(id, 0, &queue) == 0 && queue.scattered_rx != 0;
    if (port.strips_vlan_) port.drain();
    return port;
}

std::expected<void, Error> Port::configure(const PortConfig& config) {
    interface_ = config.interface;
    asked_ = config.frame;
    const auto sockets_before = sockets_of_family(AF_XDP);
    if (auto done = configure_device(config); !done) return done;
    if (auto done = set_up_queues(config); !done) return done;
    rte_ether_addr mac{};
    if (rte_eth_macaddr_get(id_, &mac) == 0) std::memcpy(mac_.data(), mac.addr_bytes, mac_.size());
    if (!interface_.empty()) return find_kernel(config, sockets_before);
    meter_ = std::make_unique<PortMeter>(id_, driver_, std::nullopt);
    return {};
}

std::expected<void, Error> Port::configure_device(const PortConfig& config) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(id_, &info); code != 0) return failed("query", id_, code);
    driver_ = info.driver_name;
    strips_vlan_ = driver_ == "net_af_packet";
    const std::uint16_t rx_queues = std::min(config.workers, info.max_rx_queues);
    rx_queues_ = rx_queues;
    if (info.max_tx_queues < config.workers)
        return std::unexpected(
            Error{"configure", name_of(id_), too_few_queues(driver_, info.max_tx_queues, config.workers)});

    std::uint16_t mtu = device_mtu(info, config.frame);
    auto device = device_config(info, rx_queues, mtu);
    int code = rte_eth_dev_configure(id_, rx_queues, config.workers, &device);
    if (code != 0 && mtu > RTE_ETHER_MTU) {
        device = device_config(info, rx_queues, mtu = RTE_ETHER_MTU);
        code = rte_eth_dev_configure(id_, rx_queues, config.workers, &device);
    }
    if (code != 0) return failed("configure", id_, code);
    passes_ = frame_with(info, mtu);
    spreads_ =
        config.workers == 1 || (rx_queues == config.workers && device.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS);
    return {};
}

std::expected<void, Error> Port::set_up_queues(const PortConfig& config) {
    std::uint16_t rx = config.descriptors;
    std::uint16_t tx = config.descriptors;
    int code = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx);
    if (code != 0) return failed("size the queues of", id_, code);
    const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(id_));
    for (std::uint16_t queue = 0; queue < rx_queues_; ++queue) {
        code = rte_eth_rx_queue_setup(id_, queue, rx, socket, nullptr, config.buffers);
        if (code != 0) return failed("set up a receive queue of", id_, code);
    }
    for (std::uint16_t queue = 0; queue < config.workers; ++queue) {
        code = rte_eth_tx_queue_setup(id_, queue, tx, socket, nullptr);
        if (code != 0) return failed("set up a transmit queue of", id_, code);
    }
    return {};
}

/// The interface behind the device, and the sockets that the driver has opened on it.
std::expected<void, Error> Port::find_kernel(const PortConfig& config,
                                             const std::vector<int>& xdp_sockets_before) {
    auto kernel = KernelInterface::open(interface_);
    if (!kernel) return std::unexpected(kernel.error());
    auto xdp = opened_since(xdp_sockets_before, sockets_of_family(AF_XDP));
    auto packet = xdp.empty() ? bound_to(sockets_of_family(AF_PACKET), interface_) : std::vector<int>{};
    if (auto marked = mark_cut_frames(packet, packet_ring_longest(config.frame)); !marked) return marked;
    const std::uint32_t room = rte_pktmbuf_data_room_size(config.buffers) - RTE_PKTMBUF_HEADROOM;
    passes_ = std::min(kernel->mtu() + ethernet_header,
                       packet.empty() ? xdp_longest(room) : packet_ring_longest(config.frame));
    meter_ = std::make_unique<PortMeter>(
        id_, driver_, PortMeter::Kernel{std::move(*kernel), std::move(xdp), std::move(packet)});
    return {};
}

/// What came before the switch forwards is nobody's any more, and some of it may have been cut before the
/// socket knew better.
void Port::drain() const {
    constexpr unsigned most_bursts = 256;
    std::array<rte_mbuf*, 32> packets;
    for (std::uint16_t queue = 0; queue < rx_queues_; ++queue)
        for (unsigned bursts = 0; bursts < most_bursts; ++bursts) {
            const unsigned count = rte_eth_rx_burst(id_, queue, packets.data(), packets.size());
            if (count == 0) break;
            rte_pktmbuf_free_bulk(packets.data(), count);
        }
}

}  // namespace honeyswitch::dataplane
