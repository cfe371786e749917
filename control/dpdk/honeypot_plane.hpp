// The honeypots of the configuration, in the data plane: where each is, which of them are up, and which pools
// they share.
//
// Ties HoneypotHealth, which knows who lives, to the tables by which workers and controller choose. Control
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/stamp.hpp"
#include "control/config/config.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/honeypots/honeypot_health.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

class HoneypotPlane final : public HoneypotListener, private HoneypotPort {
  public:
    /// `config` is the running one and outlives this. `decoy`: an address that every honeypot answers for.
    HoneypotPlane(dataplane::DataPlane& plane, DpdkSwitch& the_switch, const Config& config,
                  Ipv4Address decoy);

    /// The running configuration has become another. Running sessions keep their honeypot by its name.
    void reconfigure(std::span<const Honeypot> before, Ipv4Address decoy);

    /// Asks who lives, puts changes in force, and moves the sessions of those that went down: a bounded
    /// amount of work.
    void tick(TimePoint now);
    void heard(std::size_t port, std::span<const std::uint8_t> frame, TimePoint now) override;

    [[nodiscard]] HoneypotStatus status(HoneypotId honeypot) const { return health_.status(honeypot); }

  private:
    /// Sessions that go from a honeypot to others of a pool.
    struct Move {
        dataplane::HoneypotIndex from;  ///< no_honeypot: those of one that is in the configuration no more
        std::size_t pool;
        std::uint32_t next = 0;  ///< place in the session table
    };

    [[nodiscard]] bool send(HoneypotId honeypot, std::span<const std::uint8_t> frame) override;
    [[nodiscard]] MacAddress own_mac(HoneypotId honeypot) const override;
    [[nodiscard]] std::optional<TimePoint> last_reply(HoneypotId honeypot) const override;

    void put_in_force(const HoneypotChange& change);
    void spread(std::size_t pool);
    [[nodiscard]] bool any_up(std::size_t pool) const;
    [[nodiscard]] bool is_up(dataplane::HoneypotIndex honeypot) const {
        return honeypot != dataplane::no_honeypot && up_.at(honeypot);
    }
    void move_those_of_none();
    void move_some();
    [[nodiscard]] const Honeypot& configured(HoneypotId honeypot) const {
        return config_.honeypots[std::to_underlying(honeypot)];
    }

    dataplane::DataPlane& plane_;
    DpdkSwitch& switch_;
    const Config& config_;
    HoneypotHealth health_;
    std::array<bool, dataplane::HoneypotTable::capacity> up_{};  ///< by HoneypotId, as last put in force
    std::deque<Move> moves_;
    std::array<FoldedStamp, dataplane::HoneypotTable::capacity> replies_{};  ///< by HoneypotId
};

/// An address of the campus that nobody has and every honeypot answers for; 0.0.0.0 if nothing is diverted
/// anywhere.
[[nodiscard]] Ipv4Address decoy_of(const Config& config);

}  // namespace honeyswitch::control
