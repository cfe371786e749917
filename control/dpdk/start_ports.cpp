#include "control/dpdk/start_ports.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <rte_ethdev.h>

#include "control/config/port_spec.hpp"
#include "dataplane/eal/eal.hpp"
#include "dataplane/eal/frame_lengths.hpp"
#include "dataplane/eal/kernel_settings.hpp"
#include "dataplane/eal/kernel_sockets.hpp"
#include "dataplane/eal/queue_sizes.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Eal;
using dataplane::Port;
using dataplane::PortConfig;

bool is_pci(const PortSpec& spec) {
    return spec.kind == PortSpec::Kind::pci;
}

std::expected<Port, Error> start_attached(const std::string& device, const PortConfig& config) {
    const auto id = Eal::attach(device);
    if (!id) return std::unexpected(id.error());
    auto port = Port::start(*id, config);
    if (!port) Eal::detach(*id);
    return port;
}

/// The interface is made fit to be a port first, as drivers look at it when they attach to it.
std::expected<void, Error> prepare(const PortSpec& spec, const dataplane::KernelNeeds& needs) {
    auto interface = dataplane::KernelInterface::open(spec.device);
    if (!interface) return std::unexpected(interface.error());
    dataplane::KernelSettings settings(std::move(*interface), needs);
    const auto told = settings.make();
    if (!told) return std::unexpected(told.error());
    for (const std::string& sentence : *told) spdlog::warn("{}", sentence);
    return {};
}

std::expected<Port, Error> start_xdp_port(const PortSpec& spec, unsigned index, PortConfig config) {
    if (auto done = prepare(spec, dataplane::needs_of_xdp(config.workers, config.frame)); !done)
        return std::unexpected(done.error());
    config.descriptors = dataplane::xdp_descriptors;
    return start_attached(
        fmt::format("net_af_xdp{},iface={},queue_count={}", index, spec.device, config.workers), config);
}

std::expected<Port, Error> start_packet_port(const PortSpec& spec, unsigned index, const PortConfig& config) {
    if (auto done = prepare(spec, dataplane::needs_of_packet(config.frame)); !done)
        return std::unexpected(done.error());
    const auto place = dataplane::packet_ring_frame(config.frame);
    return start_attached(
        fmt::format("net_af_packet{},iface={},qpairs={},blocksz={},framesz={},framecnt={},qdisc_bypass=1",
                    index, spec.device, config.workers, place * dataplane::places_a_block, place,
                    dataplane::packet_ring_length),
        config);
}

std::expected<Port, Error> start_kernel_port(const PortSpec& spec, unsigned index, KernelIo io,
                                             PortConfig config) {
    config.interface = spec.device;
    if (io == KernelIo::af_xdp) {
        auto port = start_xdp_port(spec, index, config);
        if (port) return port;
        spdlog::warn("AF_XDP cannot be had: {}", port.error().message());
    }
    spdlog::warn(
        "{} goes through AF_PACKET, which is slower and no wire: the kernel reassembles IP fragments, and "
        "outer tags of QinQ lose their type",
        spec.text);
    return start_packet_port(spec, index, config);
}

/// What an operator would otherwise learn from packets that are missing. Error: less passes than is
/// configured.
std::expected<void, Error> tell_of_limits(const Port& port, const PortSpec& spec, bool mtu_configured) {
    if (port.passes() < port.asked()) {
        const auto words = fmt::format(
            "its driver {} passes frames of {} bytes at most, and an mtu of {} has frames of {}; an mtu of "
            "{} passes",
            port.driver(), port.passes(), dataplane::mtu_of_frame(port.asked()), port.asked(),
            dataplane::mtu_of_frame(port.passes()));
        if (mtu_configured) return std::unexpected(Error{"use", spec.text, words});
        spdlog::warn("{}: {}; longer ones are lost", spec.text, words);
    }
    if (is_pci(spec) && !port.spreads())
        spdlog::warn("{} ({}) cannot spread its traffic over the workers; the first of them gets all of it",
                     spec.text, port.driver());
    return {};
}

std::expected<Port, Error> start_port(const PortSpec& spec, unsigned index, KernelIo io,
                                      const PortConfig& config) {
    switch (spec.kind) {
        case PortSpec::Kind::kernel:
            return start_kernel_port(spec, index, io, config);
        case PortSpec::Kind::vdev:
            return start_attached(spec.device, config);
        case PortSpec::Kind::pci:
            break;
    }
    const auto id = Eal::port_of(spec.device);
    if (!id) return std::unexpected(id.error());
    return Port::start(*id, config);
}

/// A switch that ended without a word may have left an interface down that it had taken down.
std::expected<void, Error> set_up(const PortSpec& spec) {
    if (spec.kind != PortSpec::Kind::kernel) return {};
    const auto interface = dataplane::KernelInterface::open(spec.device);
    if (!interface) return std::unexpected(interface.error());
    if (interface->is_up()) return {};
    if (auto done = interface->set_up(true); !done) return done;
    spdlog::warn("{}: was down; it is set up, so that packets pass", interface->name());
    return {};
}

/// Whoever cannot take its link down would leave its partner's failure untold.
std::expected<void, Error> check_link(const PortSpec& spec, const Port& port) {
    if (!port.interface().empty() || spec.device.starts_with(absent_device)) return {};
    auto taken_up = port.set_link(true);
    if (taken_up) return {};
    taken_up.error().reason += "; [ports] link_state must be \"hub\" with it";
    return taken_up;
}

/// Workers without packets of their own are no fault, but not what they were asked for.
void tell_of_idle_workers(const PortSpec& spec, const Port& port, unsigned workers) {
    if (workers == 1) return;
    rte_eth_dev_info info{};
    // Behind other devices the kernel spreads, or whoever made the virtual one.
    const bool spreads =
        !is_pci(spec) || rte_eth_dev_info_get(port.id(), &info) != 0 || info.flow_type_rss_offloads != 0;
    const unsigned used = spreads ? std::min<unsigned>(port.rx_queues(), workers) : 1;
    if (used < workers)
        spdlog::warn("port {}: {}, so that {} of {} workers get no packet of it", spec.text,
                     spreads ? fmt::format("the device has {} receive queue{}", used, used == 1 ? "" : "s")
                             : std::string("the device cannot spread packets over receive queues (RSS)"),
                     workers - used, workers);
}

}  // namespace

std::expected<std::vector<Port>, Error> start_ports(const PortsConfig& config, rte_mempool& buffers) {
    PortConfig port_config{.workers = config.workers, .descriptors = config.descriptors, .buffers = &buffers};
    std::vector<Port> started;
    for (const PortSpec& spec : config.ports) {
        const auto index = static_cast<dataplane::PortIndex>(started.size());
        const bool of_the_link = config.layout.side_of(index) != dataplane::Side::honeypot;
        port_config.frame = of_the_link ? config.frame : config.honeypot_frame;
        const bool taken_down = config.layout.is_of_a_link(index) && config.links_are_taken_down;
        // Whoever ran before may have taken it down, and been killed.
        if (auto up = of_the_link ? set_up(spec) : std::expected<void, Error>(); !up)
            return std::unexpected(up.error());
        auto port = start_port(spec, static_cast<unsigned>(started.size()), config.kernel_io, port_config);
        if (!port) return std::unexpected(port.error());
        if (auto able = taken_down ? check_link(spec, *port) : std::expected<void, Error>(); !able)
            return std::unexpected(able.error());
        spdlog::info("port {} is {} ({})", config.names.at(started.size()), spec.text, port->driver());
        tell_of_idle_workers(spec, *port, config.workers);
        const bool configured = of_the_link ? config.mtu_configured : config.honeypot_mtu_configured;
        if (auto fits = tell_of_limits(*port, spec, configured); !fits) return std::unexpected(fits.error());
        started.push_back(std::move(*port));
    }
    return started;
}

}  // namespace honeyswitch::control
