// Trigger 4: a Packet-In. The controller looks again, as time has passed since the worker looked.
#include "control/controller/controller.hpp"

namespace honeyswitch::control {
namespace {

Ipv4Address address_of(Be32 address) {
    return {address.host()};
}

}  // namespace

void Controller::packet_in(const PacketIn& packet, TimePoint now) {
    counters_.add(ControlCounter::packet_in);
    if (packet.from_honeypot)
        packet_in_from_honeypot(packet, now);
    else
        packet_in_from_outside(packet, now);
}

void Controller::packet_in_from_outside(const PacketIn& packet, TimePoint now) {
    using Verdict = Judgement::Verdict;
    if (packet.path.link != no_link) latest_path_ = packet.path;
    if (const auto flow = switch_.flows.find_session(packet)) {
        counters_.add(ControlCounter::packet_in_existing_session);
        if (switch_.flows.ended(*flow)) return switch_.packets.packet_out_inside(packet.buffer);
        if (packet.fragment) add_companion(packet, *flow, now);
        return switch_.packets.packet_out(packet.buffer, *flow, now);
    }
    if (packet.judgement.verdict == Verdict::drop && !begins_nothing_)
        return drop(packet, ControlCounter::packet_in_dropped);
    const bool kept = packet.judgement.verdict == Verdict::benign ||
                      packet.judgement.verdict == Verdict::inside || packet.own_flow;
    const auto* const domain =
        kept || is_diverted(packet) ? nullptr : diverting_domain(address_of(packet.key.inside));
    if (kept || (domain == nullptr && !is_diverted(packet))) {
        counters_.add(ControlCounter::packet_in_active);
        return switch_.packets.packet_out_inside(packet.buffer);
    }
    if (begins_nothing_) return begin_nothing(packet);
    begin_session(packet, domain, now);
}

/// What a honeypot has answered is with it already, and goes on without a session.
void Controller::begin_nothing(const PacketIn& packet) {
    if (packet.pending && packet.pending->answered)
        return switch_.packets.packet_out_honeypot(packet.buffer, packet.pending->honeypot);
    counters_.add(ControlCounter::packet_in_maintenance);
    switch_.packets.packet_out_inside(packet.buffer);
}

/// Even from an active address. Of a decoy's datagram without its first fragment nobody knows.
bool Controller::is_diverted(const PacketIn& packet) {
    const bool portless_fragment = packet.fragment && packet.key.kind == dataplane::KeyKind::portless;
    return packet.judgement.verdict == Judgement::Verdict::divert && !portless_fragment;
}

/// Whoever was seen to speak between the controller's look and the new flow was not told of the flow.
void Controller::end_if_live(const PacketIn& packet, FlowId flow) {
    if (!is_diverted(packet) && switch_.sightings.is_sighted(address_of(packet.key.inside)))
        switch_.flows.end_session(flow);
}

void Controller::begin_session(const PacketIn& packet, const DomainTable::value_type* domain, TimePoint now) {
    const PoolId pool =
        sessions_.pool_for(address_of(packet.key.outside), PoolId{packet.judgement.pool}, now);
    const auto honeypot = honeypot_for(packet, pool, now);
    if (!honeypot) {
        if (switch_.placement.drops(PoolId{packet.judgement.pool}))
            return drop(packet, ControlCounter::packet_in_dropped_no_honeypot);
        counters_.add(ControlCounter::packet_in_no_honeypot);
        return switch_.packets.packet_out_inside(packet.buffer);
    }
    // What a flow did before it had a session is in the workers' tallies.
    const Step before = packet.pending && packet.pending->answered ? Step::answered : Step::first_packet;
    const SessionFlow session{.key = packet.key,
                              .path = packet.path,
                              .honeypot = *honeypot,
                              .progress = before,
                              .counted = before,
                              .contained = switch_.placement.on_campus(address_of(packet.key.outside)),
                              .lasting = is_diverted(packet)};
    const auto flow = sessions_.add(session, packet.pending.has_value(), now);
    if (!flow) {
        counters_.add(ControlCounter::session_table_full);
        return switch_.packets.packet_out_honeypot(packet.buffer, *honeypot);
    }
    sessions_.begun(*flow, session, origin_of(packet, domain, pool, now), now);
    admission_.update();
    end_if_live(packet, *flow);
    if (switch_.flows.ended(*flow)) return switch_.packets.packet_out_inside(packet.buffer);
    if (packet.fragment) add_companion(packet, *flow, now);
    switch_.packets.packet_out(packet.buffer, *flow, now);
}

/// The one that has answered already; that of the other fragments of the datagram; or one of the pool that
/// rules, lists and the source's reputation choose.
std::optional<HoneypotId> Controller::honeypot_for(const PacketIn& packet, PoolId pool, TimePoint now) {
    if (packet.pending) return packet.pending->honeypot;
    if (packet.fragment)
        if (const auto companion = switch_.flows.find_session(dataplane::companion_of(packet.key)))
            if (const auto stats = switch_.flows.session(*companion, now)) return stats->honeypot;
    return switch_.placement.choose(pool, packet.key);
}

/// Fragments, and what a honeypot begins by itself: what has ports and no session was otherwise contained by
/// the worker.
void Controller::packet_in_from_honeypot(const PacketIn& packet, TimePoint now) {
    const auto flow = switch_.flows.find_session(packet);
    if (!flow && !packet.fragment) return open_honeypot_flow(packet, now);
    if (!flow || switch_.flows.ended(*flow)) return drop(packet, ControlCounter::packet_in_contained);
    counters_.add(ControlCounter::packet_in_existing_session);
    if (packet.fragment) add_companion(packet, *flow, now);
    switch_.packets.packet_out(packet.buffer, *flow, now);
}

/// Only under the address of a decoy, never towards the campus, and only where to and as often as is allowed.
void Controller::open_honeypot_flow(const PacketIn& packet, TimePoint now) {
    const bool decoy = !goes_inside(address_of(packet.key.inside));
    auto outcome = HoneypotFlows::Outcome::refused;
    if (decoy && !begins_nothing_ && latest_path_ != L2Path{} &&
        !switch_.placement.on_campus(address_of(packet.key.outside)))
        outcome = honeypot_flows_.open(packet.honeypot, packet.key, now);
    const SessionFlow session{.key = packet.key, .path = latest_path_, .honeypot = packet.honeypot};
    std::optional<FlowId> flow;
    if (outcome == HoneypotFlows::Outcome::passes) flow = sessions_.add_unaccounted(session, now);
    if (!flow)
        return drop(packet, outcome == HoneypotFlows::Outcome::over_rate
                                ? ControlCounter::honeypot_flow_over_rate
                                : ControlCounter::honeypot_flow_refused);
    begun_beside(DiversionReason::own_flow, *flow, session, now);
    end_if_live(packet, *flow);
    if (switch_.flows.ended(*flow)) return drop(packet, ControlCounter::packet_in_contained);
    counters_.add(ControlCounter::honeypot_flow_added);
    switch_.packets.packet_out(packet.buffer, *flow, now);
}

void Controller::drop(const PacketIn& packet, ControlCounter reason) {
    counters_.add(reason);
    switch_.packets.drop(packet.buffer);
}

/// The controller looks again: the address may have become active, or its domain unknown, since the worker
/// looked.
bool Controller::goes_inside(Ipv4Address destination) const {
    return diverting_domain(destination) == nullptr;
}

const DomainTable::value_type* Controller::diverting_domain(Ipv4Address destination) const {
    if (addresses_.active(destination) || switch_.sightings.is_sighted(destination)) return nullptr;
    const auto* const domain = domain_around(destination);
    return domain != nullptr && diverts(domain->second.state) ? domain : nullptr;
}

const DomainTable::value_type* Controller::domain_around(Ipv4Address address) const {
    for (int length = 32; length >= 0; --length) {
        if (!prefix_lengths_.test(static_cast<std::size_t>(length))) continue;
        const auto place = domains_.find(Ipv4Prefix::of(address, static_cast<unsigned>(length)));
        if (place != domains_.end()) return &*place;
    }
    return nullptr;
}

/// The entry that the following fragments of this datagram, and of later ones of its addresses, will match.
/// When the table is full they come as Packet-Ins of their own. There is none for a host: its own datagrams
/// may come from the same address.
void Controller::add_companion(const PacketIn& packet, FlowId session, TimePoint now) {
    const SessionKey companion = dataplane::companion_of(packet.key);
    if (companion == packet.key || switch_.flows.find_session(companion)) return;
    if (!is_diverted(packet) && goes_inside(address_of(companion.inside))) return;
    const auto stats = switch_.flows.session(session, now);
    if (!stats) return;
    const SessionFlow flow_of_fragments{
        .key = companion,
        .path = stats->path,
        .honeypot = stats->honeypot,
        .contained = switch_.placement.on_campus(address_of(companion.outside)),
        .lasting = is_diverted(packet)};
    const auto flow = sessions_.add_unaccounted(flow_of_fragments, now);
    if (!flow) return;
    begun_beside(DiversionReason::companion, *flow, flow_of_fragments, now);
    end_if_live(packet, *flow);
}

/// Why its packets are diverted, as far as it can be told from the packet that began it. `domain`: null where
/// its rule or list diverts it whatever the domain is.
SessionOrigin Controller::origin_of(const PacketIn& packet, const DomainTable::value_type* domain,
                                    PoolId pool, TimePoint now) const {
    SessionOrigin origin;
    origin.set_pool({std::to_underlying(pool)});
    origin.set_first(switch_.packets.headers_of(packet.buffer));
    if (domain == nullptr) {
        explain_diverted(packet, origin);
        return origin;
    }
    const auto& [prefix, state] = *domain;
    origin.reason = state.state == DomainState::dark ? DiversionReason::dark : DiversionReason::inactive;
    origin.set_domain(prefix);
    origin.set_since(now - state.since);
    if (const auto agent = sweeper_of(state)) origin.set_agent(*agent);
    if (state.swept) origin.set_swept(now - *state.swept);
    if (packet.judgement.pool_rule != Judgement::no_rule) {
        origin.reason = DiversionReason::rule;
        origin.set_rule({packet.judgement.pool_rule});
    }
    if (pool != PoolId{packet.judgement.pool}) origin.reason = DiversionReason::tier;
    return origin;
}

/// To find the list takes about a microsecond, so it is done for whoever listens.
void Controller::explain_diverted(const PacketIn& packet, SessionOrigin& origin) const {
    const std::uint32_t rule = packet.judgement.rule;
    origin.reason = rule == Judgement::no_rule ? DiversionReason::list : DiversionReason::decoy;
    if (rule != Judgement::no_rule) return origin.set_rule({rule});
    if (lists_ == nullptr || !sessions_.told_of_sessions()) return;
    if (const auto listed = lists_->attacker(address_of(packet.key.outside)))
        origin.set_list(listed->list, listed->origin);
}

/// Not by a packet from outside.
void Controller::begun_beside(DiversionReason reason, FlowId flow, const SessionFlow& session,
                              TimePoint now) {
    SessionOrigin origin;
    origin.reason = reason;
    sessions_.begun(flow, session, origin, now);
}

}  // namespace honeyswitch::control
