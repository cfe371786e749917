// What one honeyswitch alone may have of a machine: the devices that are its ports.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/system/file_lock.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

/// The folder of a port's device in sysfs, which is there exactly as long as the device is, in its own
/// network namespace. nullopt: a virtual device, which is the process's own.
[[nodiscard]] std::optional<std::filesystem::path> device_folder(const PortSpec& port,
                                                                 const std::filesystem::path& sysfs = "/sys");

/// Locks the device of each port, before anything touches any of them. The locks hold while they live. Errors
/// name the port, and the process that has it.
[[nodiscard]] std::expected<std::vector<FileLock>, Error> lock_ports(
    const Config& config, const std::filesystem::path& sysfs = "/sys");

/// "port dev:eth1 is in use by honeyswitch, pid 1234", for the first port that is. Changes nothing.
[[nodiscard]] std::optional<std::string> port_in_use(const Config& config,
                                                     const std::filesystem::path& sysfs = "/sys");

}  // namespace honeyswitch::control
