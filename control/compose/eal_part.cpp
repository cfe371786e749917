#include "control/compose/eal_part.hpp"

#include <fmt/format.h>

#include "control/compose/data_plane_part.hpp"
#include "control/config/cpu_list.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {
namespace {

/// "0@2,1@3": EAL's lcore 0 is the control thread, 1 and up are the workers.
std::string lcore_map(const Config& config) {
    std::string map;
    unsigned lcore = 0;
    for (const unsigned cpu : cpus_of(config)) {
        map += fmt::format("{}{}@{}", lcore == 0 ? "" : ",", lcore, cpu);
        ++lcore;
    }
    return map;
}

void add_memory(const Config& config, std::vector<std::string>& arguments) {
    if (!config.no_huge) {
        arguments.emplace_back("--in-memory");  // no files stay behind, whatever happens
        return;
    }
    constexpr std::uint64_t mebibyte = 1U << 20, queues_and_alignment = 128;
    arguments.insert(
        arguments.end(),
        {"--no-huge", "-m", std::to_string(memory_needed(config) * 5 / 4 / mebibyte + queues_and_alignment)});
}

void add_devices(const Config& config, std::vector<std::string>& arguments) {
    bool pci = false;
    for (const PortSpec* const port : ports_of(config)) {
        if (port->kind != PortSpec::Kind::pci) continue;
        arguments.insert(arguments.end(), {"-a", port->device});
        pci = true;
    }
    // Nobody else asks where memory lies, and to find out takes CAP_SYS_ADMIN for ever.
    if (!pci) arguments.insert(arguments.end(), {"--no-pci", "--iova-mode=va"});
    for (const auto& driver : config.drivers) arguments.insert(arguments.end(), {"-d", driver.string()});
}

}  // namespace

std::vector<std::string> eal_arguments(const Config& config, int process) {
    std::vector<std::string> arguments{"--lcores=" + lcore_map(config), "--main-lcore=0", "--no-telemetry",
                                       fmt::format("--file-prefix=honeyswitch-{}", process),
                                       "--log-level=lib.eal:warning"};
    add_memory(config, arguments);
    add_devices(config, arguments);
    return arguments;
}

}  // namespace honeyswitch::control
