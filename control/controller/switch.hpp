// The data plane as the controller sees it, in OpenFlow's words. DpdkSwitch implements it over the tables of
// dataplane/; the unit tests implement it without EAL.
//
// Everything here is called on the control thread only.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "base/l2_path.hpp"
#include "control/controller/domain_reports.hpp"
#include "dataplane/tables/judgement.hpp"
#include "dataplane/tables/packet_in_reason.hpp"
#include "dataplane/tables/progress.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

using dataplane::Judgement;
using dataplane::PacketInReason;
using dataplane::SessionKey;
using dataplane::Step;

/// A session flow's place in the switch's table, 0 to capacity - 1. Reused after the flow was deleted.
enum class FlowId : std::uint32_t {};
/// Index of a honeypot in Config::honeypots.
enum class HoneypotId : std::uint8_t {};
/// Index of a pool in Config::pools.
enum class PoolId : std::uint8_t {};
/// A frame in custody of the controller. Each is handed back exactly once, by Switch::packet_out.
enum class BufferId : std::uintptr_t {};

/// Action of a priority 1 flow.
enum class DomainAction : std::uint8_t {
    packet_in,  ///< a known domain: a destination that is not active is an attacker's
    inside,     ///< an unknown domain within a known one: all of it goes inside
};

/// A flow that was diverted without a session.
struct Pending {
    HoneypotId honeypot{};
    bool answered = false;  ///< the honeypot's answer has left
};

struct PacketIn {
    BufferId buffer{};
    PacketInReason reason{};  ///< why the worker asks
    SessionKey key{};
    std::uint64_t hash = 0;            ///< of `key`, as the switch's tables have it
    Judgement judgement{};             ///< of rules and lists, now
    std::optional<Pending> pending{};  ///< earlier packets of it were diverted without a session
    HoneypotId honeypot{};             ///< that sent it, if it is from one
    L2Path path{};                     ///< of this frame; meaningful when it came from the outside
    bool from_honeypot = false;
    bool own_flow = false;  ///< the inside has sent on it lately, to somebody whose packets are diverted
    bool fragment = false;  ///< any fragment of a datagram (RFC 791); with key.kind `portless`, not the first
    std::uint16_t bytes = 0;  ///< length of the frame without FCS
};

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
};

class Switch {
  public:
    /// Names a barrier request; greater means later.
    using Barrier = std::uint64_t;

    virtual ~Switch() = default;

    /// Adds or modifies the priority 1 flow of `prefix`. `active` are its active addresses: their priority 2
    /// flows are in before the domain's own flow is, so that no packet meets the one without the others.
    /// Errors: the table of domains or of addresses is full; nothing was changed.
    [[nodiscard]] virtual std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                                                std::span<const Ipv4Address> active) = 0;
    virtual void delete_domain(Ipv4Prefix prefix) = 0;

    /// Priority 2. No effect outside the domains that were added.
    virtual void add_active(Ipv4Address address) = 0;
    virtual void delete_active(Ipv4Address address) = 0;

    /// Priority 3. nullopt: the table is full. Precondition: no session of this key exists.
    [[nodiscard]] virtual std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) = 0;
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
    /// The last packet of the flow, in either direction. Precondition: the flow exists.
    [[nodiscard]] virtual TimePoint last_seen(FlowId flow) const = 0;
    /// nullopt: no such flow.
    [[nodiscard]] virtual std::optional<SessionStats> session(FlowId flow) const = 0;
    /// How far it came since the last call, or since it was added. nullopt: no such flow.
    [[nodiscard]] virtual std::optional<SessionProgress> take_progress(FlowId flow) = 0;
    /// Flows that have reached Step::payload since the last call. Returns how many.
    [[nodiscard]] virtual std::size_t take_payloads(std::span<FlowId> flows) = 0;
    [[nodiscard]] virtual std::uint32_t session_capacity() const = 0;
    [[nodiscard]] virtual std::uint32_t session_count() const = 0;
    /// Sessions whose destination is in a domain that was added.
    [[nodiscard]] virtual std::uint64_t sessions_in(Ipv4Prefix domain) const = 0;

    /// Sessions begin with a packet that follows an answer of the honeypot, or with any packet.
    virtual void admit_by_handshake(bool handshake) = 0;

    /// The honeypot of this pool that the packet's addresses choose. nullopt: none is up.
    [[nodiscard]] virtual std::optional<HoneypotId> choose(PoolId pool, const SessionKey& key) const = 0;
    /// What becomes of packets while none of the pool is up: they are dropped, or go inside.
    [[nodiscard]] virtual bool drops(PoolId pool) const = 0;
    [[nodiscard]] virtual bool on_campus(Ipv4Address address) const = 0;

    /// Packets of this source that would go to a honeypot of pool `from` go to one of `to`, before they have
    /// a session too. False: the table is full, and only sessions go there.
    [[nodiscard]] virtual bool move_source(Ipv4Address source, PoolId from, PoolId to) = 0;
    virtual void move_back(Ipv4Address source) = 0;

    [[nodiscard]] virtual Barrier barrier_request() = 0;
    /// True once every worker has passed the barrier: none decides by flows of before it any more, and the
    /// packets sent out before it have left.
    [[nodiscard]] virtual bool barrier_reached(Barrier barrier) const = 0;

    // Packet-Out: each buffer is handed back by exactly one of these.
    /// As the session's flow says: to its honeypot, or back outside. Counted for the flow.
    virtual void packet_out(BufferId buffer, FlowId flow) = 0;
    virtual void packet_out_inside(BufferId buffer) = 0;
    /// To a honeypot without a session.
    virtual void packet_out_honeypot(BufferId buffer, HoneypotId honeypot) = 0;
    virtual void drop(BufferId buffer) = 0;

    /// Addresses of known domains that were not active and spoke from the inside since the last call; at most
    /// `addresses.size()` of them, the rest stay for the next call. Returns how many.
    [[nodiscard]] virtual std::size_t take_sightings(std::span<Ipv4Address> addresses) = 0;
    /// Whether it is sighted, be it taken by take_sightings or not: what a worker has seen counts at once. A
    /// session that was added before this call is either found by the worker that sees the address, or the
    /// sighting is seen here.
    [[nodiscard]] virtual bool is_sighted(Ipv4Address address) const = 0;
    /// Asks whether a sighted address still speaks.
    virtual void ask_sighted(Ipv4Address address) = 0;
    /// Ends the sighting, unless the address has spoken since it was asked. Returns whether it ended. With
    /// `alone`, nobody else says that the address is active, and its priority 2 flow goes in the same moment:
    /// a packet of its host finds either both or none, and sights it anew.
    [[nodiscard]] virtual bool end_sighting(Ipv4Address address, bool alone) = 0;

  protected:
    Switch() = default;
    Switch(const Switch&) = default;
    Switch& operator=(const Switch&) = default;
};

}  // namespace honeyswitch::control
