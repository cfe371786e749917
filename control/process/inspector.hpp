// Inspect, over the running system.
#pragma once

#include "control/compose/shown_part.hpp"
#include "control/controller/controller.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/dpdk/honeypot_plane.hpp"
#include "control/history/change_history.hpp"
#include "control/inspect/inspect.hpp"
#include "control/lists/list_watcher.hpp"
#include "control/lists/source_lists.hpp"
#include "control/notices/notice_server.hpp"
#include "control/process/diversion_control.hpp"
#include "control/process/link_keeper.hpp"
#include "control/process/port_keeper.hpp"
#include "control/process/reload_insurance.hpp"
#include "control/process/state_keeper.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// What is known before all parts are there: honeypots and pools, each at its number.
[[nodiscard]] EventNames names_of(const ConfigNumbers& numbers);

class Inspector final : public Inspect {
  public:
    struct Parts {
        const ConfigNumbers& numbers;
        Controller& controller;  ///< a page of progress brings its tally up to date
        const DpdkSwitch& the_switch;
        const NoticeServer& notices;
        const HoneypotPlane& honeypots;
        const SourceLists& lists;
        const ListWatcher& watcher;
        const dataplane::DataPlane& plane;
        const PortKeeper& keeper;
        const LinkKeeper& links;
        const ReloadInsurance& insurance;
        const ChangeHistory& history;
        const std::vector<ConfigDifference>& differences;  ///< of the latest comparison
        const DiversionControl& diversion;
        const StateKeeper& state;
        TimePoint started;
    };
    Inspector(const Parts& parts, ShownConfig config) : parts_(parts), config_(std::move(config)) {}

    /// Of a reload.
    void reconfigure(ShownConfig config) { config_ = std::move(config); }

    [[nodiscard]] Stats stats(TimePoint now) const override;
    [[nodiscard]] std::vector<PortRow> ports() const override;
    [[nodiscard]] SessionPage sessions(std::uint32_t cursor, std::size_t limit, TimePoint now) const override;
    [[nodiscard]] ActivePage active(Ipv4Address from, std::size_t limit) const override;
    [[nodiscard]] DomainPage domains(Ipv4Address from, std::size_t limit) const override;
    [[nodiscard]] std::vector<DomainRow> domains_around(Ipv4Prefix prefix) const override;
    [[nodiscard]] std::vector<AgentRow> agents() const override { return parts_.notices.rows(); }
    [[nodiscard]] std::vector<HoneypotRow> honeypots() const override;
    [[nodiscard]] std::vector<PortRow> port_names() const override { return config_.ports; }
    [[nodiscard]] std::vector<PoolRow> pools() const override;
    [[nodiscard]] std::vector<ListRow> lists() const override;
    [[nodiscard]] std::vector<LogRow> logs() const override;
    [[nodiscard]] RulePage rules(std::uint32_t cursor, std::size_t limit) const override;
    [[nodiscard]] ListEntryPage list_entries(std::uint32_t cursor, std::size_t limit,
                                             TimePoint now) const override;
    [[nodiscard]] ProgressPage progress(ProgressBy by, std::uint32_t cursor, std::size_t limit,
                                        TimePoint now) const override;
    [[nodiscard]] HistoryPage history(std::uint32_t cursor, std::size_t limit) const override {
        return parts_.history.page(cursor, limit);
    }
    [[nodiscard]] DifferencePage differences(std::uint32_t cursor, std::size_t limit) const override;
    [[nodiscard]] Milliseconds idle_timeout() const override { return config_.idle_timeout; }
    [[nodiscard]] DiversionState diversion() const override { return parts_.diversion.state(); }

    /// "agent:NAME", "sighting", "static", "subnet"
    [[nodiscard]] std::string name_of(Voucher voucher) const;

    /// What events call the numbers of this configuration, and those of former ones that are still in use.
    [[nodiscard]] EventNames event_names() const;

  private:
    [[nodiscard]] DomainRow domain(Ipv4Prefix prefix, const Domain& domain) const;
    [[nodiscard]] std::vector<CounterRow> counters() const;
    [[nodiscard]] std::uint64_t counted(ControlCounter counter) const;
    [[nodiscard]] PortRow port(std::size_t index) const;
    [[nodiscard]] ProgressPage progress_rows(ProgressBy by, std::uint32_t cursor, std::size_t limit) const;
    [[nodiscard]] StepCounts totals() const;

    Parts parts_;
    ShownConfig config_;
};

}  // namespace honeyswitch::control
