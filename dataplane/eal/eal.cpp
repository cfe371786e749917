#include "dataplane/eal/eal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "base/system/descriptor.hpp"

namespace honeyswitch::dataplane {
namespace {

Eal::LogSink log_sink = nullptr;  ///< set before DPDK has threads

std::mutex removal_mutex;
std::function<void(const std::string&)> removal_listener;

Gravity gravity_of(int level) {
    if (level <= static_cast<int>(RTE_LOG_ERR)) return Gravity::error;
    return level == static_cast<int>(RTE_LOG_WARNING) ? Gravity::warning : Gravity::information;
}

/// DPDK flushes after each message, on the thread that logs it, so the level is that of this text.
ssize_t write_log(void*, const char* text, std::size_t size) {
    std::string_view rest(text, size);
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        if (!line.empty()) log_sink(gravity_of(rte_log_cur_msg_loglevel()), line);
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return static_cast<ssize_t>(size);
}

std::expected<void, Error> take_log(Eal::LogSink sink) {
    log_sink = sink;
    // Lives as long as the process: threads of DPDK's may log to the very end.
    static std::FILE* const stream = fopencookie(nullptr, "w", {nullptr, write_log, nullptr, nullptr});
    if (stream == nullptr || rte_openlog_stream(stream) != 0)
        return std::unexpected(Error{"take", "DPDK's log", std::strerror(errno)});
    return {};
}

/// libbpf's and libxdp's, which have the same levels.
enum class BpfLevel : int { warning, information, debug };
using BpfPrint = int (*)(BpfLevel level, const char* format, va_list arguments);

[[gnu::format(printf, 2, 0)]] int write_bpf_log(BpfLevel level, const char* format, va_list arguments) {
    if (level == BpfLevel::debug) return 0;
    char text[1024];
    const int length = std::vsnprintf(text, sizeof text, format, arguments);
    const std::string_view line(text, std::min<std::size_t>(std::max(length, 0), sizeof text - 1));
    const auto gravity = level == BpfLevel::warning ? Gravity::warning : Gravity::information;
    if (!line.empty()) log_sink(gravity, line.substr(0, line.find_last_not_of('\n') + 1));
    return length;
}

/// The driver of AF_XDP is a plug-in of EAL's, and these are its libraries: where it is not there, nor are
/// they. They print to standard error at each start of a port.
void take_bpf_logs() {
    struct Library {
        const char *file, *setter;
    };
    for (const auto& [file, setter] :
         {Library{"libbpf.so.1", "libbpf_set_print"}, Library{"libxdp.so.1", "libxdp_set_print"}}) {
        void* const library = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
        if (library == nullptr) continue;
        using Setter = BpfPrint (*)(BpfPrint);
        if (auto* const set = reinterpret_cast<Setter>(dlsym(library, setter))) (void)set(write_bpf_log);
        dlclose(library);
    }
}

/// Arguments that EAL does not like make it print a hundred lines of help to standard output.
int initialise(int count, char** arguments) {
    std::fflush(stdout);
    const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
    const Descriptor before(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (nowhere && before) dup2(nowhere.get(), STDOUT_FILENO);
    const int result = rte_eal_init(count, arguments);
    std::fflush(stdout);
    if (nowhere && before) dup2(before.get(), STDOUT_FILENO);
    return result;
}

void tell_of_removal(const char* device, rte_dev_event_type type, void*) {
    const std::lock_guard guard(removal_mutex);
    if (type == RTE_DEV_EVENT_REMOVE && removal_listener) removal_listener(device == nullptr ? "" : device);
}

}  // namespace

std::expected<Eal, Error> Eal::start(const std::vector<std::string>& arguments, LogSink log) {
    // EAL keeps pointers into its arguments and permutes them: they live as long as the process.
    static std::vector<std::string> kept;
    static std::vector<char*> pointers;
    kept = arguments;
    kept.insert(kept.begin(), "honeyswitch");
    pointers.clear();
    for (std::string& argument : kept) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    if (log != nullptr)
        if (auto taken = take_log(log); !taken) return std::unexpected(taken.error());
    if (initialise(static_cast<int>(kept.size()), pointers.data()) < 0) {
        std::string all;
        for (const std::string& argument : arguments) all += (all.empty() ? "" : " ") + argument;
        return std::unexpected(
            Error{"start DPDK with", "'" + all + "'",
                  std::string(rte_strerror(rte_errno)) + " (DPDK's own messages are above)"});
    }
    if (log != nullptr) take_bpf_logs();
    return Eal();
}

void Eal::on_removal(std::function<void(const std::string&)> removed) {
    const std::lock_guard guard(removal_mutex);
    if (!removed == !removal_listener) {
        removal_listener = std::move(removed);
        return;
    }
    removal_listener = std::move(removed);
    if (removal_listener)
        (void)rte_dev_event_callback_register(nullptr, tell_of_removal, nullptr);
    else
        (void)rte_dev_event_callback_unregister(nullptr, tell_of_removal, nullptr);
}

bool Eal::uses_physical_addresses() {
    return rte_eal_iova_mode() != RTE_IOVA_VA;
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
