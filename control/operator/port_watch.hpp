// Tells what happens to the ports: links that go down and come up, and what is lost there, each loss
// under its own reason. Control thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "control/operator/loss_watch.hpp"
#include "dataplane/eal/port_statistics.hpp"

namespace honeyswitch::control {

/// A port at one moment.
struct PortLook {
    bool link_up = false;
    bool held = false;             ///< link_state has taken it down, which says nothing of its cable
    std::uint64_t times_down = 0;  ///< of the link, where it is counted
    dataplane::PortStatistics counted;
    std::uint64_t tx_dropped = 0;  ///< the transmit queue stayed full
};

/// What is to be told of ports.
struct PortNews {
    std::vector<LinkChanged> links;
    std::vector<PacketsLost> losses;
};

class PortWatch {
  public:
    struct Name {
        std::string side;    ///< "outside", "honeypot2"
        std::string link{};  ///< that it is a port of; empty: it is one of honeypots
        bool alone = true;   ///< there is no other link that it could be mistaken for
        std::string device;  ///< as configured: "dev:eth1"

        /// "outside", "outside of link west"
        [[nodiscard]] std::string full() const;
    };
    explicit PortWatch(const std::vector<Name>& names);

    /// Once a second or so, with all ports in their order. Returns what is to be told.
    [[nodiscard]] PortNews look(std::span<const PortLook> ports, TimePoint now);

  private:
    struct Words {
        std::string counter, meaning;
    };
    struct Watched {
        std::string side, link;
        std::string name;  ///< "port outside (dev:eth1)"
        std::vector<Words> losses;
        bool seen = false, up = true;
        std::uint64_t times_down = 0;
    };
    [[nodiscard]] static std::optional<LinkChanged> look_at_link(Watched& port, const PortLook& look);

    std::vector<Watched> ports_;
    LossWatch losses_;
};

}  // namespace honeyswitch::control
