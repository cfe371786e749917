// Asks the system for the addresses of controllers without holding up the event loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "agent/sockets/socket_address.hpp"
#include "base/error.hpp"

namespace honeyswitch::agent {

/// getaddrinfo() may wait for many seconds, in which the agent would miss frames: it runs in a thread of its
/// own. That thread needs system calls that the agent does without (name services are plug-ins), so that it
/// starts before they are restricted; it gives up all capabilities.
class NameResolver {
  public:
    /// Starts the thread. Error: the kernel has no more threads or descriptors.
    [[nodiscard]] static std::expected<NameResolver, Error> start();
    /// The thread ends by itself, after an answer that is under way.
    ~NameResolver();
    NameResolver(NameResolver&&) noexcept = default;
    NameResolver& operator=(NameResolver&&) = delete;

    /// Asks for `name`; `number` comes back with the answer.
    void ask(std::size_t number, const ControllerName& name);

    /// Can be read when there are answers.
    [[nodiscard]] int descriptor() const;
    using Addresses = std::expected<std::vector<SocketAddress>, std::string>;
    /// Hands over all answers that there are.
    void take(const std::function<void(std::size_t number, const Addresses&)>& answer);

  private:
    struct Shared;
    explicit NameResolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    static void serve(const std::shared_ptr<Shared>& shared);

    /// Also the thread's: at the end of the agent nobody waits for an answer that is under way.
    std::shared_ptr<Shared> shared_;
};

}  // namespace honeyswitch::agent
