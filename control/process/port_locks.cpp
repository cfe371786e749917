#include "control/process/port_locks.hpp"

#include <fmt/format.h>

#include "control/config/port_spec.hpp"

namespace honeyswitch::control {

std::optional<std::filesystem::path> device_folder(const PortSpec& port, const std::filesystem::path& sysfs) {
    if (port.kind == PortSpec::Kind::pci) return sysfs / "bus/pci/devices" / port.device;
    if (const auto interface = interface_of(port)) return sysfs / "class/net" / *interface;
    return std::nullopt;
}

std::expected<std::vector<FileLock>, Error> lock_ports(const Config& config,
                                                       const std::filesystem::path& sysfs) {
    std::vector<FileLock> locks;
    for (const PortSpec* const port : ports_of(config)) {
        const auto folder = device_folder(*port, sysfs);
        if (!folder) continue;
        auto lock = FileLock::take(*folder);
        if (!lock) return std::unexpected(Error{"have port", port->text, lock.error()});
        locks.push_back(std::move(*lock));
    }
    return locks;
}

std::optional<std::string> port_in_use(const Config& config, const std::filesystem::path& sysfs) {
    for (const PortSpec* const port : ports_of(config))
        if (const auto folder = device_folder(*port, sysfs))
            if (const auto pid = FileLock::holder(*folder))
                return fmt::format("port {} is in use by {}", port->text, process_text(*pid));
    return std::nullopt;
}

}  // namespace honeyswitch::control
