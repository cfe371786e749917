#include "dataplane/eal/eal.hpp"

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

namespace honeyswitch::dataplane {

std::expected<Eal, Error> Eal::start(const std::vector<std::string>& arguments) {
    // EAL keeps pointers into its arguments and permutes them: they live as long as the process.
    static std::vector<std::string> kept;
    static std::vector<char*> pointers;
    kept = arguments;
    kept.insert(kept.begin(), "honeyswitch");
    pointers.clear();
    for (std::string& argument : kept) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    if (rte_eal_init(static_cast<int>(kept.size()), pointers.data()) < 0) {
        std::string all;
        for (const std::string& argument : arguments) all += (all.empty() ? "" : " ") + argument;
        return std::unexpected(
            Error{"start DPDK with", "'" + all + "'",
                  std::string(rte_strerror(rte_errno)) + " (EAL's own messages are above)"});
    }
    return Eal();
}

Eal::~Eal() {
    if (running_) rte_eal_cleanup();
}

std::expected<std::uint16_t, Error> Eal::attach(const std::string& device_arguments) {
    const std::string name = device_arguments.substr(0, device_arguments.find(','));
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(name.c_str(), &port) == 0)
        return std::unexpected(Error{"attach", device_arguments, "there is a device of this name already"});
    if (const int failure = rte_dev_probe(device_arguments.c_str()); failure != 0)
        return std::unexpected(Error{"attach", device_arguments, rte_strerror(-failure)});
    if (rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0)
        return std::unexpected(Error{"attach", device_arguments, "it is no Ethernet device"});
    return port;
}

void Eal::detach(std::uint16_t port) {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(port, &info) != 0) return;
    rte_eth_dev_close(port);
    (void)rte_dev_remove(info.device);
}

std::expected<std::uint16_t, Error> Eal::port_of(const std::string& pci_address) {
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(pci_address.c_str(), &port) != 0)
        return std::unexpected(Error{
            "use", pci_address, "DPDK found no such device; is it bound to vfio-pci (tools/bind-nics)?"});
    return port;
}

}  // namespace honeyswitch::dataplane
