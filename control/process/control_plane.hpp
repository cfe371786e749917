// The control plane: everything that decides, composed over a data plane. Control thread only.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "control/compose/parts.hpp"
#include "control/config/config.hpp"
#include "control/controller/controller.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/dpdk/honeypot_plane.hpp"
#include "control/events/event_bus.hpp"
#include "control/events/event_lines.hpp"
#include "control/events/event_ring.hpp"
#include "control/lists/kept_entries.hpp"
#include "control/lists/list_watcher.hpp"
#include "control/lists/source_lists.hpp"
#include "control/notices/notice_server.hpp"
#include "control/notices/notice_socket.hpp"
#include "control/operator/contained_watch.hpp"
#include "control/operator/loss_watch.hpp"
#include "control/operator/operate.hpp"
#include "control/operator/operator_server.hpp"
#include "control/operator/port_watch.hpp"
#include "control/operator/turn_watch.hpp"
#include "control/process/address_watch.hpp"
#include "control/process/diversion_control.hpp"
#include "control/process/inspector.hpp"
#include "control/process/link_keeper.hpp"
#include "control/process/port_keeper.hpp"
#include "control/process/reloader.hpp"
#include "control/process/state_keeper.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// What others find the control plane at. Nobody else can have them, so they are opened before any device is
/// touched.
struct ControlSockets {
    NoticeSocket notices;
    UnixListener operators;
    OperatorGroups groups;  ///< that may ask there

    [[nodiscard]] static std::expected<ControlSockets, Error> open(const SocketsConfig& config);
};

class ControlPlane final : public Operate {
  public:
    /// Puts the configuration in force over a data plane whose workers do not run yet. `arguments`: the
    /// command line, for reloads. Errors: a capacity that is too small, rules that cannot be built.
    [[nodiscard]] static std::expected<std::unique_ptr<ControlPlane>, Error> create(
        Config config, std::vector<std::string> arguments, dataplane::DataPlane& plane, rte_mempool& buffers,
        ControlSockets sockets);

    /// What is not confirmed is told of: it is lost unless the file says it too.
    ~ControlPlane() override;
    ControlPlane(const ControlPlane&) = delete;
    ControlPlane& operator=(const ControlPlane&) = delete;

    /// One turn of the loop: Packet-Ins, ageing, what waits; each a bounded amount of work. Returns whether
    /// there was any.
    [[nodiscard]] bool turn(TimePoint now);

    /// To be watched for reading, …
    [[nodiscard]] std::vector<int> descriptors() const;
    /// … and served when one of them is readable.
    void serve(int descriptor, TimePoint now);

    // Operate
    [[nodiscard]] std::expected<std::uint64_t, std::string> reload(const ReloadWish& wish) override;
    [[nodiscard]] ReloadState reload_state() const override;
    [[nodiscard]] std::expected<std::uint64_t, std::string> confirm(const Asker& by) override;
    [[nodiscard]] std::expected<std::uint64_t, std::string> compare() override;
    [[nodiscard]] ReloadState comparison_state() const override { return comparison_; }
    void note_change(const Asker& by, std::string_view command, std::vector<std::string> changes) override;
    [[nodiscard]] std::expected<void, std::string> list_add(std::string_view list, Ipv4Prefix prefix,
                                                            std::optional<Milliseconds> lifetime,
                                                            TimePoint now) override;
    [[nodiscard]] std::expected<void, std::string> list_remove(std::string_view list,
                                                               Ipv4Prefix prefix) override;
    [[nodiscard]] std::expected<std::vector<std::string>, std::string> link_up(std::string_view link,
                                                                               std::string_view who,
                                                                               TimePoint now) override;
    [[nodiscard]] bool keeps_entries() const override { return kept_.keeps(); }

    [[nodiscard]] std::expected<void, std::string> set_maintenance(bool on, std::string_view who,
                                                                   TimePoint now) override {
        return diversion_.set_maintenance(on, who, now);
    }

    /// The device of this port is gone, the kernel wants it back, or it was never there. Once for each port.
    void give_up(dataplane::PortIndex port) {
        plane_.give_up(port);
        links_.give_up(port);
        if (plane_.layout().side_of(port) == dataplane::Side::honeypot) honeypots_.give_up(port);
    }
    /// When the loop has ended: no port stays down that link_state has taken down.
    void leave_links_up() { links_.leave_up(); }
    /// When the loop has ended, and nothing is decided any more: for the next start.
    void save_state();
    /// SIGHUP came: a reload that nobody waits for. `by`: who sent it.
    void reload_on_signal(const Asker& by);

    [[nodiscard]] PortKeeper& keeper() { return keeper_; }

    // For the service manager
    [[nodiscard]] bool reloading() const { return reload_state_.phase == ReloadState::Phase::running; }
    /// What the switch does at the moment: "forwarding, packets are diverted".
    [[nodiscard]] std::string in_words() const;

  private:
    /// Lists of sources, in the table that workers look at.
    class ListedSink final : public ListSink {
      public:
        explicit ListedSink(dataplane::SourceTable& table) : table_(table) {}
        [[nodiscard]] bool set_listed(Ipv4Prefix prefix, std::uint64_t lists) override;

      private:
        dataplane::SourceTable& table_;
    };

    ControlPlane(Config config, ConfigNumbers numbers, RunningParts parts, std::vector<std::string> arguments,
                 dataplane::DataPlane& plane, rte_mempool& buffers, NoticeSocket socket, TimePoint now);
    [[nodiscard]] bool handle_packet_ins(TimePoint now);
    void restore_kept_entries(TimePoint now);
    void tell_of_ports(TimePoint now);
    void tell_of_losses(TimePoint now);
    void tell_of_contained(TimePoint now);
    void tell_of_listen_address(TimePoint now);
    void tell_of_admission();
    void go_on_with_reload(TimePoint now);
    void finish_reload(TimePoint now);
    void refuse_reload(std::vector<std::string> reasons, TimePoint now);
    void look_at_insurance(TimePoint now);
    void insure(const Config& next);
    void say_what_is_unconfirmed(TimePoint now);
    void finish_taking_back();
    void finish_comparison();
    void put_lost_sources_back(TimePoint now);
    void free_numbers(TimePoint now);
    void divert_at_its_time(dataplane::ModeSettings modes, TimePoint now);
    [[nodiscard]] bool diverts(TimePoint now);
    void apply(Prepared prepared, TimePoint now);
    void tell_of_reload(ConfigPhase phase, Gravity gravity, std::string text, const std::string& who = "");

    Config config_;  ///< in force, for the next reload to compare with
    ConfigNumbers numbers_;
    EventBus events_;
    EventLines lines_{events_};
    EventRing latest_events_{events_};
    Milliseconds heartbeat_timeout_;
    dataplane::DataPlane& plane_;
    DpdkSwitch switch_;
    Controller controller_;
    DiversionControl diversion_;
    HoneypotPlane honeypots_;
    ListedSink sink_;
    SourceLists lists_;
    ListWatcher watcher_;
    KeptFile kept_;
    NoticeSocket socket_;
    NoticeServer notices_;
    PortKeeper keeper_;
    LinkKeeper links_;
    ReloadInsurance insurance_;
    ChangeHistory history_;
    StateKeeper state_;
    ReloadState comparison_;
    std::vector<ConfigDifference> differences_;  ///< of the latest comparison
    Inspector inspector_;
    std::unique_ptr<OperatorServer> operators_;  ///< set by create(), as what it shows is this
    Reloader reloader_;
    ReloadState reload_state_;
    std::optional<dataplane::ModeSettings> diverts_later_;  ///< of a reload that ends observing
    TimePoint lists_awaited_until_{};
    ReloadWish wish_;                         ///< of the reload that is under way
    std::vector<std::string> changes_;        ///< of the same, for the history
    bool taking_back_ = false;                ///< it is one that goes back to what was before
    std::uint64_t taken_back_ = 0;            ///< the latest reload of which that came; 0: none
    std::deque<PutSource> lost_sources_;      ///< of lists that are back, on their way onto them
    std::vector<std::string> list_findings_;  ///< of the reload that is under way
    TurnWatch turns_;
    PortWatch ports_;
    LossWatch losses_;
    ContainedWatch contained_;
    AddressWatch listen_address_;
    bool handshake_told_ = false;
    /// The last time of what is done once a second; at first it is done at once.
    TimePoint each_second_{Milliseconds{-1000}};
};

}  // namespace honeyswitch::control
