#include "control/compose/data_plane_part.hpp"

#include <algorithm>

#include "control/compose/ports_part.hpp"
#include "control/config/port_spec.hpp"
#include "control/honeypots/honeypot_health.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/queue_sizes.hpp"

namespace honeyswitch::control {
namespace {

constexpr std::uint32_t default_idle_sleep_us = 50;

}  // namespace

dataplane::DataPlaneConfig data_plane_config(const Config& config) {
    const auto ports = static_cast<std::uint32_t>(ports_of(config).size());
    return {.workers = static_cast<std::uint16_t>(config.workers),
            .layout = port_layout(config),
            .sessions = config.session_capacity,
            .addresses = {.addresses = config.address_capacity,
                          .domains = config.domain_capacity,
                          .sightings = config.sighting_capacity},
            .ring_size = dataplane::queue_sizes(config.mbufs, config.workers, ports).ring,
            .idle_sleep_us = idle_sleep_us(config),
            .heartbeat_timeout_ms = static_cast<std::uint32_t>(config.heartbeat_timeout.count()),
            .pending = config.pending_capacity,
            .sources = config.source_capacity,
            .probe_source = Be32::from_host(HealthOptions{}.probe_source.value)};
}

std::uint32_t buffers_of(const Config& config) {
    if (config.kernel_io != KernelIo::af_xdp) return config.mbufs;
    const auto kernel = std::ranges::count_if(
        ports_of(config), [](const PortSpec* port) { return port->kind == PortSpec::Kind::kernel; });
    return config.mbufs +
           static_cast<std::uint32_t>(kernel) * config.workers * dataplane::xdp_buffers_a_queue;
}

std::uint64_t memory_needed(const Config& config) {
    constexpr std::uint64_t of_dpdk_itself = 12U << 20;  // queues of deferred deletions, devices, page ends
    return dataplane::DataPlane::memory_needed(data_plane_config(config)) +
           buffers_of(config) * dataplane::bytes_per_buffer(honeypot_frame(config)) + of_dpdk_itself;
}

std::uint32_t idle_sleep_us(const Config& config) {
    const bool all_pci = std::ranges::all_of(ports_of(config), [](const PortSpec* port) {
        return port->kind == PortSpec::Kind::pci || port->device == stand_in_device;
    });
    return config.idle_sleep_us.value_or(all_pci ? 0 : default_idle_sleep_us);
}

}  // namespace honeyswitch::control
