// Inspect, over the running system.
#pragma once

#include "control/config.hpp"
#include "control/controller.hpp"
#include "control/dpdk_switch.hpp"
#include "control/inspect.hpp"
#include "control/notice_server.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

class Inspector final : public Inspect {
  public:
    struct Parts {
        const Config& config;
        const Controller& controller;
        const DpdkSwitch& the_switch;
        const NoticeServer& notices;
        const dataplane::DataPlane& plane;
        TimePoint started;
    };
    explicit Inspector(const Parts& parts) : parts_(parts) {}

    /// The moment that answers speak of.
    void set_time(TimePoint now) { now_ = now; }

    [[nodiscard]] Stats stats() const override;
    [[nodiscard]] SessionPage sessions(std::uint32_t cursor, std::size_t limit) const override;
    [[nodiscard]] ActivePage active(Ipv4Address from, std::size_t limit) const override;
    [[nodiscard]] std::vector<DomainRow> domains() const override;
    [[nodiscard]] std::vector<AgentRow> agents() const override { return parts_.notices.rows(); }
    [[nodiscard]] Milliseconds idle_timeout() const override { return parts_.config.idle_timeout; }

  private:
    [[nodiscard]] std::string name_of(Source source) const;
    [[nodiscard]] std::vector<CounterRow> counters() const;
    [[nodiscard]] std::vector<HoneypotRow> honeypots() const;
    [[nodiscard]] PortRow port(dataplane::Side side, const PortSpec& spec) const;

    Parts parts_;
    TimePoint now_{};
};

}  // namespace honeyswitch::control
