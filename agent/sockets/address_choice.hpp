// Which address of a controller's name is used, and when the name is resolved again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/sockets/socket_address.hpp"
#include "base/clock.hpp"

namespace honeyswitch::agent {

/// Theory: names move, and may have several addresses of which one answers. As long as the controller answers
/// nothing is asked. When it has been silent for `patience`, its name is resolved again, and the next of its
/// addresses is tried.
class AddressChoice {
  public:
    static constexpr Clock::duration patience = std::chrono::seconds(10);

    explicit AddressChoice(bool is_address) : is_address_(is_address) {}

    /// Something authentic has come from the controller.
    void heard(Clock::time_point now) { due_ = now + patience; }
    /// True once each time when the name is to be resolved.
    [[nodiscard]] bool wants_resolution(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const { return asked_ ? Clock::time_point::max() : due_; }

    /// The name's addresses; the one to go on with, if that is another than before.
    [[nodiscard]] std::optional<SocketAddress> resolved(const std::vector<SocketAddress>& addresses,
                                                        Clock::time_point now);
    /// The name has no address now, or none that can be reached. True: tell the reason, which is another than
    /// before.
    [[nodiscard]] bool unresolved(const std::string& reason, Clock::time_point now);

  private:
    bool is_address_;
    bool asked_ = false;       ///< the answer is awaited
    Clock::time_point due_{};  ///< to ask, unless something is heard before
    std::optional<SocketAddress> current_;
    std::string reason_;
};

}  // namespace honeyswitch::agent
