#include "dataplane/eal/port_meter.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <rte_ethdev.h>

#include "dataplane/eal/kernel_sockets.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace std::literals;

/// These count as errors what they have not taken, and the transmitter offers it again or counts it itself.
constexpr std::array drivers_that_count_refusals{"net_af_xdp"sv, "net_ring"sv, "net_tap"sv};
/// These do not count frames that are too long among their errors.
constexpr std::array drivers_with_oversize_apart{"net_e1000_em"sv, "net_e1000_igb"sv, "net_e1000_igb_vf"sv};

constexpr std::array words_of_oversize{"oversize"sv, "jabber"sv};
constexpr std::array words_of_crc{"crc_error"sv, "fcs_error"sv};

bool is_among(const auto& drivers, std::string_view driver) {
    return std::ranges::find(drivers, driver) != drivers.end();
}

/// Those that count frames received and have one of these words in their names.
std::vector<std::uint64_t> extended_statistics(std::uint16_t id, std::span<const std::string_view> words) {
    std::vector<std::uint64_t> ids;
    const int count = rte_eth_xstats_get_names(id, nullptr, 0);
    if (count <= 0) return ids;
    std::vector<rte_eth_xstat_name> names(static_cast<std::size_t>(count));
    if (rte_eth_xstats_get_names(id, names.data(), static_cast<unsigned>(count)) != count) return ids;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string_view name(names[i].name);
        const auto named = [&](std::string_view word) { return name.contains(word); };
        if (name.starts_with("rx") && std::ranges::any_of(words, named)) ids.push_back(i);
    }
    return ids;
}

std::uint64_t sum_of(std::uint16_t id, const std::vector<std::uint64_t>& ids) {
    if (ids.empty()) return 0;
    std::vector<std::uint64_t> values(ids.size());
    const auto count = static_cast<unsigned>(values.size());
    if (rte_eth_xstats_get_by_id(id, ids.data(), values.data(), count) != static_cast<int>(count)) return 0;
    std::uint64_t sum = 0;
    for (const std::uint64_t value : values) sum += value;
    return sum;
}

}  // namespace

PortMeter::PortMeter(std::uint16_t id, std::string driver, std::optional<Kernel> kernel)
    : id_(id),
      driver_(std::move(driver)),
      kernel_(std::move(kernel)),
      oversize_ids_(extended_statistics(id, words_of_oversize)),
      crc_ids_(extended_statistics(id, words_of_crc)) {
    if (!kernel_) return;
    began_ = kernel_->interface.statistics();
    (void)take_packet_drops(kernel_->packet_sockets);
}

PortStatistics PortMeter::read() {
    PortStatistics counted;
    if (kernel_) add_kernel(counted);
    rte_eth_stats stats{};
    (void)rte_eth_stats_get(id_, &stats);
    counted.rx_packets = stats.ipackets;
    counted.rx_bytes = stats.ibytes;
    counted.rx_no_buffer = stats.rx_nombuf;
    counted.tx_bytes = stats.obytes;
    // Counted as sent by the driver; its own errors are not.
    std::uint64_t never_sent = counted.tx_lost;
    if (!is_among(drivers_that_count_refusals, driver_)) counted.tx_lost += stats.oerrors;
    if (!kernel_) {
        const std::uint64_t too_long = sum_of(id_, oversize_ids_);
        const bool apart = is_among(drivers_with_oversize_apart, driver_);
        counted.rx_missed = stats.imissed;
        counted.rx_too_long = too_long;
        counted.rx_crc = std::min(sum_of(id_, crc_ids_), stats.ierrors);
        counted.rx_errors = detail::less(stats.ierrors, counted.rx_crc + (apart ? 0 : too_long));
        never_sent = while_down_.look(link_up(), stats.opackets);
        counted.tx_lost += never_sent;
    }
    counted.tx_packets = detail::less(stats.opackets, never_sent);
    return counted;
}

void PortMeter::add_kernel(PortStatistics& counted) {
    if (!kernel_) return;
    // The interface first: what its sockets lose meanwhile is not taken for the interface's own.
    const auto now = kernel_->interface.statistics();
    auto sockets = xdp_statistics(kernel_->xdp_sockets);
    packet_drops_ += take_packet_drops(kernel_->packet_sockets);
    counted = kernel_losses(began_, now, sockets);
    counted.rx_missed += packet_drops_;
    counted.rx_dropped = most_dropped_ = std::max(most_dropped_, counted.rx_dropped);
}

bool PortMeter::link_up() const {
    if (kernel_) return kernel_->interface.link_up();
    rte_eth_link link{};
    return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

std::uint64_t PortMeter::times_down() const {
    return kernel_ ? kernel_->interface.times_down() : 0;
}

}  // namespace honeyswitch::dataplane
