// What the process gives up once packets are forwarded. Until then DPDK needs much: memory, devices, the
// kernel's networks. From then on somebody who made a worker run his own code would have what the process
// has.
#pragma once

#include <expected>
#include <filesystem>

#include "base/error.hpp"
#include "base/system/thread_capabilities.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

/// For what the ports of this start need the kernel as long as they run.
struct ConfinementNeeds {
    bool networks = true;         ///< interfaces of the kernel, or devices that share one with it
    bool bpf = true;              ///< their programs are taken off at the end
    bool physical_memory = true;  ///< DPDK asks where memory lies, as no IOMMU hides that
};

/// `physical_memory`: as it is above. What is not known for sure is needed.
[[nodiscard]] ConfinementNeeds needs_of(const Config& config, bool physical_memory,
                                        const std::filesystem::path& sysfs = "/sys");

[[nodiscard]] CapabilitySet capabilities_for(const ConfinementNeeds& needs);

/// All threads keep capabilities_for(needs) alone, can never gain more (no_new_privs), and have only the
/// system calls that the switch, DPDK's drivers and the C library use: any other fails with EPERM, so that
/// nothing ends for it. Nobody executes a program any more, traces a process, or mounts. Call it when all
/// threads that live long are there. Errors: what cannot be given up is kept, and the switch goes on.
[[nodiscard]] std::expected<void, Error> confine(const ConfinementNeeds& needs);

}  // namespace honeyswitch::control
