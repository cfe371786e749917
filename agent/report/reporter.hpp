// The agent's end of the notice protocol towards one controller: an association, and every domain kept in
// step through it. docs/notice-protocol.md specifies what is said.
//
// Knows neither sockets nor clocks: datagrams and times are handed in, so that tests can lose, repeat and
// reorder them. One thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/report/domain_sync.hpp"
#include "agent/report/latency.hpp"
#include "agent/wire/association.hpp"
#include "base/clock.hpp"

namespace honeyswitch::agent {

struct ReporterCounters {
    std::uint64_t sent = 0, received = 0;  ///< datagrams
    std::uint64_t refused = 0;             ///< received, and not believed
    std::uint64_t associations = 0;
    std::uint64_t changes_acknowledged = 0;
    std::uint64_t states_acknowledged = 0;
};

class Reporter {
  public:
    using Send = std::function<void(Bytes)>;

    static constexpr Clock::duration keep_alive_interval = std::chrono::seconds(1);
    static constexpr Clock::duration keep_alive_patience = std::chrono::milliseconds(200);
    /// Without an answer for this long a new association is tried; the old one lives on until that stands.
    static constexpr Clock::duration silence_limit = std::chrono::milliseconds(1500);
    static constexpr Clock::duration first_hello_interval = std::chrono::milliseconds(100);
    static constexpr Clock::duration last_hello_interval = std::chrono::seconds(2);
    static constexpr unsigned max_confirms = 4;
    /// Full states under way at a time: their bursts must fit into a receiver's buffer.
    static constexpr std::size_t max_states = 16;

    struct Identity {
        std::string name;
        Key key{};
        RunIdentifier run{};
    };

    /// The reports outlive the reporter. Their order is that of the domain indices below.
    Reporter(const Identity& identity, std::span<const DomainReport* const> reports, Send send);

    void note(std::size_t domain, Ipv4Address address, std::optional<Clock::time_point> evidence);
    void note_swept(std::size_t domain, Clock::time_point now);

    void receive(Bytes datagram, Clock::time_point now);
    /// Sends what is new or due. Call it after each burst of note() and receive(), and when due() has come.
    void flush(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const;

    [[nodiscard]] bool associated() const { return association_.has_value(); }
    /// When a notice was last believed; none: there was none yet.
    [[nodiscard]] std::optional<Clock::time_point> last_heard() const {
        return last_heard_ == Clock::time_point{} ? std::nullopt : std::optional(last_heard_);
    }
    /// Associated, and the controller has acknowledged all there is to say.
    [[nodiscard]] bool in_step() const;
    [[nodiscard]] std::span<const DomainSync> domains() const { return domains_; }
    [[nodiscard]] const Latency& latency() const { return latency_; }
    [[nodiscard]] const ReporterCounters& counters() const { return counters_; }

  private:
    struct Handshake {
        Nonce nonce{};
        std::optional<Confirm> confirm;  ///< once WELCOME came
        std::optional<Association> association;
        unsigned confirms = 0;
        Clock::time_point due;
        Clock::duration interval = first_hello_interval;
    };
    struct KeepAliveSent {
        std::uint64_t token = 0;
        std::size_t first = 0;  ///< index of the domain of its first entry
    };

    void begin_handshake(Clock::time_point now);
    void continue_handshake(Handshake& handshake, Clock::time_point now);
    void receive_welcome(Bytes datagram, Clock::time_point now);
    void receive_sealed(Bytes datagram, Clock::time_point now);
    /// Whose keys are to open a datagram of this association; null: nobody has them.
    [[nodiscard]] Association* association_of(const AssociationIdentifier& identifier);
    void establish(Association association, Clock::time_point now);
    void receive(const ControllerNotice& notice, Clock::time_point now);
    void receive(const KeepAliveReply& reply, Clock::time_point now);
    void send_keep_alives(Clock::time_point now);
    void emit(const AgentNotice& notice);
    void send(Bytes datagram);

    Identity identity_;
    AgentIdentifier identifier_;
    std::vector<DomainSync> domains_;
    Send send_;

    std::optional<Association> association_;
    std::optional<Handshake> handshake_;
    ChangeNumber number_ = 0;
    Clock::time_point last_heard_{};

    std::uint64_t token_ = 0;
    std::vector<KeepAliveSent> keep_alives_;  ///< the latest round's that were not answered
    Clock::time_point keep_alive_due_{};

    Latency latency_;
    ReporterCounters counters_;
};

}  // namespace honeyswitch::agent
