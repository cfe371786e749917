#include "dataplane/stages/diversion.hpp"

#include "dataplane/stages/rewrite.hpp"
#include "dataplane/stages/session_progress.hpp"

namespace honeyswitch::dataplane {

void Diversion::to_session(std::size_t i) {
    const Tables& tables = context_.tables;
    rte_mbuf* const packet = candidates_.packet(i);
    Session& session = *candidates_.session(i);
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    const auto address = tables.honeypots.address(honeypot);
    if (!address) return to_no_honeypot(i, address.error().drops);
    tables.sessions.came_by(session, bytes_of(packet), candidates_.tag_count(i), context_.link,
                            session_path_);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    session.seen(context_.now);
    if (may_advance(session) &&
        advance(tables.sessions, session, context_.now, frame_of(packet), candidates_.l3(i)))
        tables.sessions.payload_reached(session);
    to_honeypot(i, *address, Counter::outside_to_honeypot_session);
}

void Diversion::without_session(std::size_t i, Counter reason) {
    const Tables& tables = context_.tables;
    const PoolIndex pool = candidates_.judgement(i).pool;
    const HoneypotIndex chosen = tables.pools.choose(pool, candidates_.key(i));
    if (chosen == no_honeypot) return to_no_honeypot(i, tables.pools.drops(pool));
    const HoneypotIndex honeypot = note_pending(i, chosen);
    const auto address = tables.honeypots.address(honeypot);
    if (!address) return to_no_honeypot(i, address.error().drops);
    to_honeypot(i, *address, reason);
}

/// A flow keeps the honeypot that it has begun with.
HoneypotIndex Diversion::note_pending(std::size_t i, HoneypotIndex chosen) {
    const Tables& tables = context_.tables;
    const auto in_service = [&](HoneypotIndex index) { return tables.honeypots.address(index).has_value(); };
    const auto [honeypot, is_new] = tables.pending.diverted(
        candidates_.hash(i), chosen, bytes_of(candidates_.packet(i)), candidates_.tag_count(i), context_.link,
        pending_path_, context_.now, in_service);
    if (is_new) context_.tally.add(candidates_.key(i), Step::first_packet);
    return honeypot;
}

void Diversion::to_honeypot(std::size_t i, HoneypotAddress address, Counter reason) const {
    rte_mbuf* const packet = candidates_.packet(i);
    if (context_.observes()) [[unlikely]]
        return context_.observe(packet, reason);
    if (!address_to_honeypot(packet, candidates_.tag_count(i), address))
        return context_.drop(packet, Counter::dropped_no_headroom);
    context_.transmitter.send(packet, {reason, context_.config.layout.honeypot_port(address.port())});
}

void Diversion::to_no_honeypot(std::size_t i, bool dropped) const {
    rte_mbuf* const packet = candidates_.packet(i);
    if (dropped) return context_.drop(packet, Counter::outside_dropped_no_honeypot);
    context_.send_inside(packet, Counter::outside_to_inside_no_honeypot);
}

}  // namespace honeyswitch::dataplane
