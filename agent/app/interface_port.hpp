// One kernel interface with the domains that are watched on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/explore/domain.hpp"
#include "agent/sockets/interface_info.hpp"
#include "agent/sockets/packet_socket.hpp"
#include "base/system/event_loop.hpp"

namespace honeyswitch::agent {

struct InterfaceCounters {
    std::uint64_t frames = 0;
    std::uint64_t lost = 0;        ///< by the kernel, for want of buffer
    std::uint64_t other_vlan = 0;  ///< of VLANs that are not watched
    std::array<std::uint64_t, arp_fault_count> faults{};
};

/// Survives that the interface goes down, disappears and returns: its domains are withdrawn and swept anew.
class InterfacePort {
  public:
    InterfacePort(std::string name, bool trunk) : name_(std::move(name)), trunk_(trunk) {}

    void add(Domain& domain) { domains_.push_back(&domain); }
    /// Looks at the interface again; opens, closes or reopens the socket as that asks for.
    [[nodiscard]] std::expected<void, Error> refresh(EventLoop& loop, const std::function<void()>& readable,
                                                     Clock::time_point now);
    /// Takes what has arrived to the domains; false: the interface wants a refresh.
    [[nodiscard]] bool receive();
    /// Tells the domains about frames that the kernel lost.
    void check_losses(Clock::time_point now);
    [[nodiscard]] bool send(Bytes frame) const { return socket_ && socket_->send(frame); }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const InterfaceCounters& counters() const { return counters_; }

  private:
    void receive(Bytes frame, std::optional<std::uint16_t> tci, Clock::time_point arrived);
    void close(EventLoop& loop);

    std::string name_;
    bool trunk_;
    std::vector<Domain*> domains_;
    std::optional<PacketSocket> socket_;
    InterfaceCounters counters_;
};

}  // namespace honeyswitch::agent
