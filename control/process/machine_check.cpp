#include "control/process/machine_check.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nearest_name.hpp"
#include "base/system/descriptor.hpp"
#include "control/config/cpu_list.hpp"
#include "control/config/port_spec.hpp"
#include "control/operator/operator_peer.hpp"
#include "control/process/cpu_check.hpp"
#include "control/process/machine_memory.hpp"
#include "control/process/port_locks.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;
using Lacks = std::vector<Lack>;

constexpr std::uint64_t mebibyte = 1U << 20;

void check_cpus(const Config& config, const KernelFiles& kernel, Lacks& lacks) {
    const auto cpus = cpus_of(config);
    const auto refused = refused_cpus(cpus);
    if (refused.empty()) return;
    const auto setting = config.lcores.empty()
                             ? fmt::format("workers = {} takes the CPUs 0 to {}, one for the control thread",
                                           config.workers, config.workers)
                             : fmt::format("lcores '{}'", config.lcores);
    lacks.push_back({fmt::format("{}: CPU {} cannot be had; online are {}. What is not online, or belongs to "
                                 "another cpuset, cannot be used",
                                 setting, fmt::join(refused, ", "), online_cpus(kernel.sysfs)),
                     true});
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// sysfs may have been mounted in another network namespace, as with `nsenter --net`.
bool is_of_this_namespace(const fs::path& folder, const std::string& interface) {
    std::ifstream file(folder / "ifindex");
    unsigned index = 0;
    file >> index;
    return index == if_nametoindex(interface.c_str());
}

void check_interface(const PortSpec& port, const std::string& name, const KernelFiles& kernel, Lacks& lacks) {
    const auto folder = kernel.sysfs / "class/net";
    if (!fs::exists(folder / name)) {
        const auto names = names_in(folder);
        const std::vector<std::string_view> known(names.begin(), names.end());
        const auto meant = suggest_name(name, known);
        lacks.push_back(
            {fmt::format("port {}: there is no interface '{}'{}", port.text, name,
                         meant.empty() ? fmt::format("; there are {}", fmt::join(names, ", ")) : meant)});
    } else if (!is_of_this_namespace(folder / name, name)) {
        lacks.push_back({fmt::format("port {}: {} shows the interfaces of another network namespace than the "
                                     "process is in; 'ip netns exec' gives it the right one",
                                     port.text, folder.string()),
                         true});
    }
}

/// Drivers that DPDK shares a device with, or that hand it over to DPDK.
bool serves_dpdk(std::string_view driver) {
    constexpr std::array<std::string_view, 6> drivers{"vfio-pci",  "igb_uio",   "uio_pci_generic",
                                                      "mlx4_core", "mlx5_core", "mana"};
    return std::ranges::find(drivers, driver) != drivers.end();
}

void check_pci(const PortSpec& port, const KernelFiles& kernel, Lacks& lacks) {
    const auto folder = kernel.sysfs / "bus/pci/devices" / port.device;
    if (!fs::exists(folder)) {
        lacks.push_back({fmt::format("port {}: there is no PCI device {}; 'tools/bind-nics' lists the NICs",
                                     port.text, port.device)});
        return;
    }
    std::error_code unbound;
    const auto driver = fs::read_symlink(folder / "driver", unbound).filename().string();
    if (unbound || !serves_dpdk(driver))
        lacks.push_back(
            {fmt::format("port {}: it is bound to {}, and DPDK needs vfio-pci: tools/bind-nics "
                         "--bind {}",
                         port.text, unbound ? "no driver" : driver, port.device)});
}

void check_port(const PortSpec& port, const KernelFiles& kernel, Lacks& lacks) {
    if (port.kind == PortSpec::Kind::pci)
        check_pci(port, kernel, lacks);
    else if (const auto interface = interface_of(port))
        check_interface(port, *interface, kernel, lacks);
}

/// What the switch goes without if it starts without this port; nothing if it cannot: without one whole link
/// it would only pretend to forward, or, with mirrors alone, to observe. `lacks`: of each port.
std::optional<std::string> without_port(const Config& config, std::span<const Lacks> lacks,
                                        std::size_t port) {
    const auto links = links_of(config), mirrors = mirrors_of(config);
    const std::size_t first_mirror = 2 * links.size(), first_honeypot = first_mirror + mirrors.size();
    if (port >= first_honeypot) return "its honeypots are down";
    bool any_whole = false;
    for (std::size_t i = 0; i < first_mirror; i += 2)
        any_whole = any_whole || (lacks[i].empty() && lacks[i + 1].empty());
    for (std::size_t i = first_mirror; i < first_honeypot; ++i)
        any_whole = any_whole || (links.empty() && lacks[i].empty());
    if (!any_whole) return std::nullopt;
    if (port < first_mirror) return fmt::format("nothing passes on link {}", links[port / 2].name);
    return fmt::format("link {} is not observed", mirrors[port - first_mirror].name);
}

void check_ports(const Config& config, const KernelFiles& kernel, MachineReport& report) {
    const auto ports = ports_of(config);
    std::vector<Lacks> lacks(ports.size());
    for (std::size_t i = 0; i < ports.size(); ++i) check_port(*ports[i], kernel, lacks[i]);
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto without = without_port(config, lacks, i);
        for (const Lack& lack : lacks[i]) {
            if (lack.lasting || !without)
                report.lacks.push_back(lack);
            else
                report.absent.push_back({i, fmt::format("{}; the switch starts without this port, and {}",
                                                        lack.sentence, *without)});
        }
    }
}

void check_memory(const Config& config, std::uint64_t needed, bool in_use, const KernelFiles& kernel,
                  Lacks& lacks) {
    const auto memory = config.no_huge ? ordinary_memory(kernel.procfs) : huge_pages(kernel.sysfs);
    // What a running switch has is not free, and will be when this configuration takes its place.
    if (needed <= (in_use ? memory.all : memory.free)) return;
    const auto others = in_use ? 0 : memory.all - memory.free;
    const auto in_all = (needed + others + mebibyte - 1) / mebibyte;
    const auto more =
        config.no_huge
            ? std::string("lower them")
            : fmt::format("reserve {0} MB in all (tools/setup-hugepages --megabytes {0}), or lower them",
                          in_all);
    lacks.push_back({fmt::format("{}: {} ([capacity] session_capacity and its like)",
                                 memory_text(config, needed, kernel), more),
                     needed > memory.all});
}

/// What dlopen(3) looks for in the libraries' folders is left to it.
void check_drivers(const Config& config, Lacks& lacks) {
    for (const auto& driver : config.drivers)
        if (driver.has_parent_path() && !fs::exists(driver))
            lacks.push_back({fmt::format("driver '{}': there is no such file", driver.string()), true});
}

void check_socket_folder(const Config& config, Lacks& lacks) {
    const auto folder = fs::absolute(config.control_socket).parent_path();
    std::error_code failure;
    if (fs::is_directory(folder, failure)) {
        if (access(folder.c_str(), W_OK) == 0) return;
        lacks.push_back(
            {fmt::format("control_socket '{}': nothing can be made in {}: {}", config.control_socket.string(),
                         folder.string(), std::generic_category().message(errno)),
             true});
        return;
    }
    // /run is empty after each boot, so a folder there is made when it is needed.
    if (folder.parent_path() == "/run") return;
    lacks.push_back({fmt::format("control_socket '{}': there is no folder '{}'; make it, or name another",
                                 config.control_socket.string(), folder.string()),
                     true});
}

void check_groups(const Config& config, Lacks& lacks) {
    const auto groups = OperatorGroups::find(config.control_group, config.read_group);
    if (!groups) lacks.push_back({groups.error().message(), true});
}

}  // namespace

bool is_local_address(const std::string& address) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    if (inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1) return false;
    const Descriptor probe(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return bind(probe.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
}

std::string memory_text(const Config& config, std::uint64_t bytes_needed, const KernelFiles& kernel) {
    const auto memory = config.no_huge ? ordinary_memory(kernel.procfs) : huge_pages(kernel.sysfs);
    return fmt::format("the capacities need at least {} MB of {}, and of {} MB {} MB are free",
                       (bytes_needed + mebibyte - 1) / mebibyte, config.no_huge ? "memory" : "huge pages",
                       memory.all / mebibyte, memory.free / mebibyte);
}

MachineReport check_machine(const Config& config, std::uint64_t bytes_needed, const KernelFiles& kernel) {
    MachineReport report;
    const auto in_use = port_in_use(config, kernel.sysfs);
    check_cpus(config, kernel, report.lacks);
    check_ports(config, kernel, report);
    check_memory(config, bytes_needed, in_use.has_value(), kernel, report.lacks);
    check_drivers(config, report.lacks);
    check_socket_folder(config, report.lacks);
    check_groups(config, report.lacks);
    if (in_use) report.notes.push_back(*in_use);
    if (!is_local_address(config.listen_address))
        report.notes.push_back(fmt::format(
            "listen_address {} is no address of this machine yet; agents cannot reach it until it is",
            config.listen_address));
    return report;
}

}  // namespace honeyswitch::control
