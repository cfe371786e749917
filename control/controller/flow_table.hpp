// The session flows of the switch (priority 3): adding them, finding them, and their end. And what the switch
// counts for them. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/l2_path.hpp"
#include "control/controller/packet_in.hpp"
#include "control/controller/switch_ids.hpp"
#include "dataplane/tables/progress.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

using dataplane::Step;

/// What a session flow begins with.
struct SessionFlow {
    SessionKey key;
    L2Path path;
    HoneypotId honeypot{};
    Step progress = Step::first_packet;
    Step counted = Step::first_packet;  ///< what of it is in somebody's tally already
    bool contained = false;             ///< nothing of the honeypot goes to its outside
    bool lasting = false;  ///< its address is diverted although it is active: it may outlive that for ever
};

/// How far a session came since somebody asked last.
struct SessionProgress {
    SessionKey key;
    Step before = Step::first_packet, after = Step::first_packet;
};

/// When a session came how far, and the TCP flags that workers have seen on the way.
struct StepTimes {
    /// nullopt: not, or before the switch knew of the session.
    std::optional<TimePoint> answered{}, handshake{}, payload{};
    /// From outside after the answer and up to the first data; from the honeypot up to its answer.
    std::uint8_t flags_in = 0, flags_out = 0;

    friend bool operator==(const StepTimes&, const StepTimes&) = default;
};

/// What the switch counted for a session.
struct SessionStats {
    SessionKey key;
    L2Path path;
    HoneypotId honeypot{};
    Step progress = Step::first_packet;
    TimePoint created;
    TimePoint last_seen;
    std::uint64_t packets_in = 0;  ///< outside → honeypot
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_out = 0;  ///< honeypot → outside
    std::uint64_t bytes_out = 0;

    friend bool operator==(const SessionStats&, const SessionStats&) = default;
};

/// All that the switch knows of a session: what puts it back as it was. Times are of this process's clock.
struct SessionRecord {
    SessionStats stats;
    Step counted = Step::first_packet;  ///< what of its progress is in somebody's tally
    bool contained = false;
    bool lasting = false;  ///< it may outlive for ever that its address is active
    bool ended = false;
    /// The first packet that came for its address when that was active. nullopt: none, or it is `lasting`.
    std::optional<TimePoint> outlives_since{};
    /// That names it for good, of the controller's; 0: of a switch that had no such numbers.
    std::uint64_t flow_id = 0;

    friend bool operator==(const SessionRecord&, const SessionRecord&) = default;
};

class FlowTable {
  public:
    virtual ~FlowTable() = default;

    /// nullopt: the table is full. Precondition: no session of this key exists.
    [[nodiscard]] virtual std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) = 0;
    /// Puts a session back as it was, in a place that may be another. Else like `add_session`.
    [[nodiscard]] virtual std::optional<FlowId> restore_session(const SessionRecord& session) = 0;
    [[nodiscard]] virtual std::optional<FlowId> find_session(const SessionKey& key) const = 0;
    /// That of the packet's key.
    [[nodiscard]] virtual std::optional<FlowId> find_session(const PacketIn& packet) const = 0;
    /// The flow is the inside's from here on: its packets go there, and nothing of a honeypot leaves on it.
    /// It keeps its place until it is deleted. Workers end flows as well: those on which the inside sends,
    /// and those that have outlived their address for long enough. Precondition: the flow exists.
    virtual void end_session(FlowId flow) = 0;
    /// Precondition: the flow exists.
    [[nodiscard]] virtual bool ended(FlowId flow) const = 0;
    /// The flows match no more; their places are reused after the next barrier.
    virtual void delete_sessions(std::span<const FlowId> flows) = 0;
    /// nullopt: no such flow. `now` tells which of the moments that a short stamp can mean is meant.
    [[nodiscard]] virtual std::optional<SessionStats> session(FlowId flow, TimePoint now) const = 0;
    /// The same, with all that there is.
    [[nodiscard]] virtual std::optional<SessionRecord> record(FlowId flow, TimePoint now) const = 0;
    /// Precondition: the flow exists.
    [[nodiscard]] virtual StepTimes step_times(FlowId flow, TimePoint now) const = 0;
    [[nodiscard]] virtual std::uint32_t session_capacity() const = 0;
    [[nodiscard]] virtual std::uint32_t session_count() const = 0;
    /// Sessions whose destination is in a domain that was added.
    [[nodiscard]] virtual std::uint64_t sessions_in(Ipv4Prefix domain) const = 0;
    /// Sessions begin with a packet that follows an answer of the honeypot, or with any packet.
    virtual void admit_by_handshake(bool handshake) = 0;

  protected:
    FlowTable() = default;
    FlowTable(const FlowTable&) = default;
    FlowTable& operator=(const FlowTable&) = default;
};

/// How far sessions came, and when they were last heard.
class SessionAccounts {
  public:
    virtual ~SessionAccounts() = default;

    /// The last packet of the flow, in either direction. Precondition: the flow exists.
    [[nodiscard]] virtual TimePoint last_seen(FlowId flow, TimePoint now) const = 0;
    /// How far it came since the last call, or since it was added. nullopt: no such flow.
    [[nodiscard]] virtual std::optional<SessionProgress> take_progress(FlowId flow) = 0;
    /// Flows that have reached Step::payload since the last call. Returns how many.
    [[nodiscard]] virtual std::size_t take_payloads(std::span<FlowId> flows) = 0;

  protected:
    SessionAccounts() = default;
    SessionAccounts(const SessionAccounts&) = default;
    SessionAccounts& operator=(const SessionAccounts&) = default;
};

}  // namespace honeyswitch::control
