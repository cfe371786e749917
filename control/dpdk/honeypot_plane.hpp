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
#include "control/events/event_bus.hpp"
#include "control/honeypots/honeypot_health.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Values: a pool of a honeypot is the pool's number here, and its port an index of the honeypot ports.
struct HoneypotPlaneConfig {
    std::vector<Numbered<Honeypot>> honeypots;
    std::vector<Numbered<Pool>> pools;
    HealthOptions health;
    /// Observe mode: no honeypot is asked whether it lives, and each counts as up, wherever it is: nothing
    /// goes there.
    bool asks_nobody = false;
};

class HoneypotPlane final : public HoneypotListener, private HoneypotPort {
  public:
    /// `events` is told of honeypots that come up or go down, and outlives this.
    HoneypotPlane(dataplane::DataPlane& plane, DpdkSwitch& the_switch, EventBus& events,
                  HoneypotPlaneConfig config);

    /// Of a reload. Who has a number that nobody had is new; who has none any more gives its sessions to
    /// others of the default pool, and keeps getting their packets until they have another.
    void reconfigure(HoneypotPlaneConfig config);

    /// After a restart, before the first tick(): where one was before.
    void restore_mac(HoneypotId honeypot, const MacAddress& mac);
    /// Likewise, when all that is known is put back: sessions of honeypots of which nothing is known find
    /// others as soon as there are some.
    void sessions_are_back();

    /// Asks who lives, puts changes in force, and moves the sessions of those that went down: a bounded
    /// amount of work.
    void tick(TimePoint now);
    void heard(std::size_t port, std::span<const std::uint8_t> frame, TimePoint now) override;

    /// This port is no more: its honeypots are down, whatever was known of them, until the process ends.
    void give_up(dataplane::PortIndex port);

    /// Whether a flow may still be with a honeypot that left the configuration at that moment.
    [[nodiscard]] bool refers_to(HoneypotId honeypot, TimePoint left, TimePoint now) const;

    /// Precondition: it is in the configuration.
    [[nodiscard]] HoneypotStatus status(HoneypotId honeypot) const;

  private:
    /// Sessions that go from a honeypot to others of a pool.
    struct Move {
        dataplane::HoneypotIndex from;
        std::size_t pool;
        bool leaving = false;    ///< `from` is in the configuration no more
        std::uint32_t next = 0;  ///< place in the session table
    };

    [[nodiscard]] bool send(HoneypotId honeypot, std::span<const std::uint8_t> frame) override;
    [[nodiscard]] MacAddress own_mac(HoneypotId honeypot) const override;
    [[nodiscard]] std::optional<TimePoint> last_reply(HoneypotId honeypot) const override;

    void put_in_force(HoneypotChange change);
    void tell_of(const HoneypotChange& change, bool is_up) const;
    void put_changes_in_force();
    void put_all_in_force();
    void spread(std::size_t pool);
    void queue_moves();
    void move_some();
    void take_out_of_service(const Move& move);
    [[nodiscard]] bool any_up(std::size_t pool) const;
    [[nodiscard]] bool is_configured(dataplane::HoneypotIndex honeypot) const;
    [[nodiscard]] const Honeypot& configured(HoneypotId honeypot) const;
    [[nodiscard]] dataplane::PortIndex port_of(const Honeypot& honeypot) const;
    [[nodiscard]] const Pool& pool_of(std::size_t number) const;

    dataplane::DataPlane& plane_;
    DpdkSwitch& switch_;
    EventBus& events_;
    HoneypotPlaneConfig config_;
    HoneypotHealth health_;
    std::array<bool, dataplane::most_honeypot_ports> given_up_{};  ///< of the ports towards honeypots
    std::array<bool, dataplane::HoneypotTable::capacity> up_{};    ///< by HoneypotId, as last put in force
    std::deque<Move> moves_;
    std::array<FoldedStamp, dataplane::HoneypotTable::capacity> replies_{};  ///< by HoneypotId
};

}  // namespace honeyswitch::control
