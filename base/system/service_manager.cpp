#include "base/system/service_manager.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/system/descriptor.hpp"

namespace honeyswitch {
namespace {

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// None: it is no number, or not positive.
std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
    return number;
}

/// What is meant for another process, such as the shell that this was started from, is not for this one.
std::optional<Microseconds> watchdog_of_environment() {
    const auto whose = variable("WATCHDOG_PID");
    if (!whose.empty() && number_of(whose) != getpid()) return std::nullopt;
    const auto interval = number_of(variable("WATCHDOG_USEC"));
    return interval ? std::optional(Microseconds(*interval)) : std::nullopt;
}

}  // namespace

ServiceManager ServiceManager::of_environment() {
    const std::string address(variable("NOTIFY_SOCKET"));
    const bool usable = address.size() > 1 && (address[0] == '/' || address[0] == '@');
    if (!usable) return {};
    return ServiceManager(address, watchdog_of_environment());
}

bool ServiceManager::tell(std::string_view lines) const {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (!is_there() || address_.size() >= sizeof to.sun_path) return false;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
    const Descriptor descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // The name of an abstract socket ends with its length, not with a zero.
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    return descriptor &&
           sendto(descriptor.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&to), size) == static_cast<ssize_t>(lines.size());
}

}  // namespace honeyswitch
