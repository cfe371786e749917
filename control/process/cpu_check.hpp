// Which CPUs a thread of this process may run on.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace honeyswitch::control {

/// Those that the kernel refuses: they are not there, are offline, or belong to another cpuset. What the
/// process may run on at the moment is no measure, as CPUs set apart with isolcpus= are not among them, and
/// may be had. Nothing runs on any of them for it.
[[nodiscard]] std::vector<unsigned> refused_cpus(std::span<const unsigned> cpus);

/// "0-3,6", as the kernel writes it.
[[nodiscard]] std::string online_cpus(const std::filesystem::path& sysfs = "/sys");

}  // namespace honeyswitch::control
