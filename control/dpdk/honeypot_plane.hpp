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
#include "control/config/numbered.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/honeypots/honeypot_health.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Values: a pool of a honeypot is the pool's number here, and its port an index of the honeypot ports.
struct HoneypotPlaneConfig {
    std::vector<Numbered<Honeypot>> honeypots;
    std::vector<Numbered<Pool>> pools;
    HealthOptions health;
};

class HoneypotPlane final : public HoneypotListener, private HoneypotPort {
  public:
    HoneypotPlane(dataplane::DataPlane& plane, DpdkSwitch& the_switch, HoneypotPlaneConfig config);

    /// Of a reload. Running sessions keep their honeypot by its name.
    void reconfigure(HoneypotPlaneConfig config);

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
        return config_.honeypots[std::to_underlying(honeypot)].record;
    }

    dataplane::DataPlane& plane_;
    DpdkSwitch& switch_;
    HoneypotPlaneConfig config_;
    HoneypotHealth health_;
    std::array<bool, dataplane::HoneypotTable::capacity> up_{};  ///< by HoneypotId, as last put in force
    std::deque<Move> moves_;
    std::array<FoldedStamp, dataplane::HoneypotTable::capacity> replies_{};  ///< by HoneypotId
};

}  // namespace honeyswitch::control
