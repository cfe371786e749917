#include "dataplane/eal/port.hpp"

#include <algorithm>
#include <cstring>

#include <rte_errno.h>
#include <rte_ethdev.h>

namespace honeyswitch::dataplane {
namespace {

std::string name_of(std::uint16_t id) {
    char name[RTE_ETH_NAME_MAX_LEN] = {};
    return rte_eth_dev_get_name_by_port(id, name) == 0 ? name : "port " + std::to_string(id);
}

std::unexpected<Error> failed(const char* attempted, std::uint16_t id, int code) {
    return std::unexpected(Error{attempted, name_of(id), rte_strerror(code < 0 ? -code : code)});
}

rte_eth_conf device_config(const rte_eth_dev_info& info, std::uint16_t rx_queues) {
    rte_eth_conf config{};
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
      rx_queues_(other.rx_queues_),
      open_(other.open_),
      strips_vlan_(other.strips_vlan_),
      mac_(other.mac_),
      driver_(std::move(other.driver_)) {
    other.open_ = false;
}

Port::~Port() {
    if (!open_) return;
    (void)rte_eth_dev_stop(id_);
    (void)rte_eth_dev_close(id_);
}

std::expected<Port, Error> Port::start(std::uint16_t id, const PortConfig& config) {
    Port port(id);
    if (auto configured = port.configure(config); !configured) return std::unexpected(configured.error());
    if (const int code = rte_eth_dev_start(id); code != 0) return failed("start", id, code);
    // A device without a promiscuous mode passes every frame anyway.
    if (const int code = rte_eth_promiscuous_enable(id); code != 0 && code != -ENOTSUP)
        return failed("set promiscuous mode on", id, code);
    return port;
}

std::expected<void, Error> Port::configure(const PortConfig& config) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(id_, &info); code != 0) return failed("query", id_, code);
    driver_ = info.driver_name;
    strips_vlan_ = driver_ == "net_af_packet";
    rx_queues_ = std::min(config.workers, info.max_rx_queues);
    if (info.max_tx_queues < config.workers)
        return std::unexpected(Error{"configure", name_of(id_),
                                     "it has " + std::to_string(info.max_tx_queues) +
                                         " transmit queues, and " + std::to_string(config.workers) +
                                         " workers need one each"});

    const rte_eth_conf device = device_config(info, rx_queues_);
    int code = rte_eth_dev_configure(id_, rx_queues_, config.workers, &device);
    if (code != 0) return failed("configure", id_, code);
    std::uint16_t rx = config.descriptors;
    std::uint16_t tx = config.descriptors;
    code = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx);
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

    rte_ether_addr mac{};
    if (rte_eth_macaddr_get(id_, &mac) == 0) std::memcpy(mac_.data(), mac.addr_bytes, mac_.size());
    return {};
}

PortStatistics Port::statistics() const {
    rte_eth_stats stats{};
    (void)rte_eth_stats_get(id_, &stats);
    return {stats.ipackets, stats.ibytes, stats.imissed, stats.rx_nombuf, stats.opackets, stats.obytes};
}

bool Port::link_up() const {
    rte_eth_link link{};
    return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

}  // namespace honeyswitch::dataplane
