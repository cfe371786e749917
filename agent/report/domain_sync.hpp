// Keeps one controller's picture of one domain in step: changes at once and until acknowledged, full states
// where changes do not do.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/explore/domain_report.hpp"
#include "agent/report/latency.hpp"
#include "agent/wire/notice.hpp"
#include "base/clock.hpp"

namespace honeyswitch::agent {

class DomainSync {
  public:
    using Emit = std::function<void(const AgentNotice&)>;

    static constexpr Clock::duration first_retransmission = std::chrono::milliseconds(20);
    static constexpr Clock::duration last_retransmission = std::chrono::milliseconds(640);
    /// A state that is not complete after this long is taken anew: its number may have been overtaken.
    static constexpr Clock::duration state_patience = std::chrono::seconds(1);
    static constexpr Clock::duration grant_patience = std::chrono::seconds(60);     ///< after not_granted
    static constexpr Clock::duration capacity_patience = std::chrono::seconds(10);  ///< after no_capacity
    /// More addresses than this that changed at once are sent as a full state.
    static constexpr std::size_t max_fresh = 2048;
    /// Keep-alives in a row that found the sets to differ, after which a full state is sent even though
    /// changes were under way each time.
    static constexpr unsigned max_differences = 8;

    /// `report` outlives it.
    explicit DomainSync(const DomainReport& report) : report_(&report) {}

    /// A new association: the controller may have forgotten everything.
    void restart();
    /// `address` changed in the report. `evidence`: when the frame that made it active arrived.
    void note(Ipv4Address address, std::optional<Clock::time_point> evidence);
    /// The report's `swept` changed.
    void note_swept() { state_wanted_ = true; }

    /// Emits what is new and what is due again. `number` is the association's latest change number.
    /// `state_allowed`: whether a new state may begin.
    void flush(Clock::time_point now, ChangeNumber& number, bool state_allowed, const Emit& emit);
    /// Whether the change was one of this domain's.
    bool acknowledged(const Acknowledgement::Entry& entry, Clock::time_point now, Latency& latency);
    void acknowledged(const StateAcknowledgement& acknowledgement, Clock::time_point now, Latency& latency);

    [[nodiscard]] KeepAlive::Entry keep_alive();
    /// The answer to the latest keep-alive.
    void compared(ResponseCode code, Clock::time_point now);

    [[nodiscard]] bool sending_state() const { return state_.has_value(); }
    /// Nothing is wanted, new or unacknowledged.
    [[nodiscard]] bool in_step() const { return !state_wanted_ && !state_ && unacknowledged_.empty(); }
    [[nodiscard]] std::size_t pending() const { return unacknowledged_.size(); }
    /// The controller has not yet acknowledged the address's state.
    [[nodiscard]] bool awaits(Ipv4Address address) const { return unacknowledged_.contains(address); }
    [[nodiscard]] std::optional<ResponseCode> refused() const { return refused_; }
    /// When flush has something to do again; none: not before something happens.
    [[nodiscard]] std::optional<Clock::time_point> due() const;
    [[nodiscard]] const DomainReport& report() const { return *report_; }

  private:
    struct Unacknowledged {
        ChangeNumber number = 0;  ///< of the change or state that carries it; 0: not sent yet
        std::optional<Clock::time_point> evidence;
    };
    struct Repeated {
        Clock::time_point due;
        Clock::duration interval = first_retransmission;
        void sent(Clock::time_point now);
    };
    struct InFlight {
        Change change;
        Repeated repeat;
    };
    struct State {
        ChangeNumber number = 0;
        AddressSet active;
        bool swept = false;
        std::uint64_t received = 0;  ///< bit i: chunk i was acknowledged
        Clock::time_point begun;
        Repeated repeat;
    };

    void begin_state(Clock::time_point now, ChangeNumber& number);
    void send_state(State& state, Clock::time_point now, const Emit& emit);
    void begin_changes(Clock::time_point now, ChangeNumber& number, const Emit& emit);
    void send_change(InFlight& in_flight, Clock::time_point now, const Emit& emit);
    void drop_superseded(Change& change) const;
    void settle_until(ChangeNumber number, Clock::time_point now, Latency& latency);
    void refuse(ResponseCode code, Clock::time_point now);

    const DomainReport* report_;
    std::unordered_map<Ipv4Address, Unacknowledged> unacknowledged_;
    std::vector<Ipv4Address> fresh_;  ///< of pending_: not sent yet
    std::vector<InFlight> in_flight_;
    std::optional<State> state_;
    bool state_wanted_ = true;
    std::optional<ResponseCode> refused_;
    Clock::time_point refused_until_{};
    bool clean_ = false;  ///< in step since the latest keep-alive was sent
    unsigned differences_ = 0;
};

}  // namespace honeyswitch::agent
