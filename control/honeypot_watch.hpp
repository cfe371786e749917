// Finds the honeypot's MAC address where the configuration does not name it: the honeypot answers for every
// address of the campus, so an ARP probe for any of them will do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "control/clock.hpp"
#include "control/domain_reports.hpp"
#include "control/dpdk_switch.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Control thread.
class HoneypotWatch {
  public:
    /// `configured`: the MAC address, if the configuration has it. `decoy`: an address that the honeypot
    /// answers for.
    HoneypotWatch(dataplane::DataPlane& plane, DpdkSwitch& the_switch, std::optional<MacAddress> configured,
                  Ipv4Address decoy);

    /// Asks once a second until there is an answer, then stops asking; a new answer is followed. Returns the
    /// address when it has become known or has changed.
    [[nodiscard]] std::optional<MacAddress> tick(TimePoint now);

  private:
    [[nodiscard]] std::array<std::uint8_t, 42> probe() const;

    dataplane::DataPlane& plane_;
    DpdkSwitch& switch_;
    Ipv4Address decoy_;
    bool learning_;
    std::optional<dataplane::EtherAddress> current_;
    std::optional<TimePoint> last_probe_;
};

}  // namespace honeyswitch::control
