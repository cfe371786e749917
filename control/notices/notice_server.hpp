// The controller's end of the notice protocol (docs/notice-protocol.md): who speaks, and whether to believe
// it.
//
// Control thread; never blocks. Nothing is answered to a datagram that does not authenticate, and no answer
// is longer than what it answers until an association stands.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "agent/wire/association.hpp"
#include "control/config/config.hpp"
#include "control/events/event_bus.hpp"
#include "control/inspect/campus_tables.hpp"
#include "control/inspect/stats_table.hpp"
#include "control/notices/agent_session.hpp"
#include "control/notices/notice_path.hpp"
#include "control/notices/refusal_watch.hpp"

namespace honeyswitch::control {

struct NoticeCounters {
    std::uint64_t accepted = 0;  ///< notices of established associations
    std::uint64_t hellos = 0;
    std::uint64_t associations = 0;                             ///< established
    std::uint64_t silences = 0;                                 ///< agents not heard for the agent timeout
    std::array<std::uint64_t, agent::refusal_count> refused{};  ///< by agent::Refusal
};

class NoticeServer {
  public:
    /// An agent of the configuration that was not heard for so long since the start is told of.
    static constexpr Milliseconds patience{30'000};

    using Send = std::function<void(std::span<const std::uint8_t>, NoticePath)>;

    /// `reports` and `events` outlive the server. An AgentId is an index of `agents`.
    NoticeServer(std::span<const Agent> agents, DomainReports& reports, EventBus& events,
                 Milliseconds agent_timeout, Send send);

    /// Of a reload: agents are matched by their names, and keep their AgentId. The domains of those that are
    /// gone, that have another key, or whose grants no longer hold their domains become unknown; new ones
    /// have AgentIds that were never used before.
    void reconfigure(std::span<const Agent> agents, Milliseconds agent_timeout, TimePoint now);
    [[nodiscard]] const std::string& name_of(AgentId agent) const {
        return peers_[static_cast<std::size_t>(agent)].config.name;
    }

    /// AgentIds that were ever given: 0 to this, without it.
    [[nodiscard]] std::size_t agent_ids() const { return peers_.size(); }

    void receive(std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now);
    /// Acknowledges what has settled and notices silence. Call it once in each turn of the control loop: it
    /// looks at agents of which something is due, and at no others.
    void tick(TimePoint now);

    /// Some notice waits for its flows: `tick` should come soon.
    [[nodiscard]] bool unsettled() const { return !unsettled_.empty(); }

    [[nodiscard]] std::vector<AgentRow> rows() const;
    [[nodiscard]] const NoticeCounters& counters() const { return counters_; }
    /// The same, named for the metrics: "notices_accepted", "notices_refused_forged", …
    [[nodiscard]] std::vector<CounterRow> counter_rows() const;

  private:
    struct Peer {
        Peer(const Agent& configured, AgentId id, DomainReports& reports, const agent::Key& secret);

        Agent config;
        bool removed = false;  ///< by a reload; its AgentId is not used again
        agent::AgentIdentifier identifier;
        agent::ControllerNonces nonces;
        AgentSession session;
        std::optional<agent::Confirm> confirm;  ///< that established the association
        std::optional<agent::Association> association;
        NoticePath path;
        bool connected = false;
        std::optional<TimePoint> last_heard;
        std::optional<TimePoint> silence_due;  ///< its place in `silences_`
        std::uint64_t notices = 0, refused = 0;
    };

    void receive_hello(Peer& peer, std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now);
    void receive_confirm(Peer& peer, std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now);
    void receive_sealed(std::span<const std::uint8_t> datagram, NoticePath from, TimePoint now);
    void establish(Peer& peer, const agent::Confirm& confirm, NoticePath from, TimePoint now);
    void end_association(Peer& peer, TimePoint now);
    void reply(Peer& peer, const agent::ControllerNotice& notice, NoticePath to);
    /// `claimed`: what the notice says of its agent, where no record has it.
    void refuse(agent::Refusal refusal, NoticePath from, TimePoint now, Peer* peer = nullptr,
                const agent::AgentIdentifier& claimed = {});
    void settle();
    void notice_silence(TimePoint now);
    void tell_of_absence(TimePoint now);
    /// `told.text`: the sentence, with what it is of.
    void tell(AgentState state, const Peer* peer, Told told, const std::string& endpoint = {}) const;
    /// Its silence is looked at when it can have been silent for the agent timeout, and at no other time.
    void watch_silence(std::size_t index, Peer& peer);

    void change(Peer& peer, const Agent& wanted, TimePoint now);
    void add(const Agent& agent);

    Milliseconds agent_timeout_;
    Send send_;
    DomainReports& reports_;
    EventBus& events_;
    agent::Key secret_;
    std::deque<Peer> peers_;  ///< by AgentId; never moved, as sessions refer to grants
    std::map<agent::AgentIdentifier, std::size_t> by_identifier_;
    std::map<agent::AssociationIdentifier, std::size_t> by_association_;
    using Timed = std::pair<TimePoint, std::size_t>;  ///< an index of `peers_`, and when to look at it
    std::set<std::size_t> unsettled_;                 ///< whose notices wait for their flows
    /// Each that is connected, once, at the moment at which it may have been silent for long enough. What was
    /// heard of it since is not known here: it is looked at then.
    std::set<Timed> silences_;
    std::vector<std::size_t> not_expected_;  ///< added since the last look at who is absent
    std::deque<Timed> absent_;               ///< not heard yet when it was looked at, and told of then
    NoticeCounters counters_;
    RefusalWatch refusals_;
    TimePoint looked_{};  ///< at what is to be told
};

}  // namespace honeyswitch::control
