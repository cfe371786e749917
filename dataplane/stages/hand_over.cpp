#include "dataplane/stages/hand_over.hpp"

#include <algorithm>

namespace honeyswitch::dataplane {

void HandOver::add(std::size_t i, Side otherwise, PacketInReason reason) {
    if (candidates_.is_fragment(i)) order_.note(fragment_hash(i), count_);
    put(candidates_.packet(i), otherwise, static_cast<std::uint8_t>(i), note_on(i, reason));
}

void HandOver::add_reply(std::size_t i, PacketInReason reason, HoneypotIndex sender) {
    if (candidates_.is_fragment(i)) order_.note(fragment_hash(i), count_);
    PacketInNote note = note_on(i, reason);
    note.from_honeypot = true;
    note.honeypot = sender;
    put(candidates_.packet(i), Side::outside, static_cast<std::uint8_t>(i), note);
}

void HandOver::add_arp(rte_mbuf* packet, std::uint8_t tag_count) {
    put(packet, Side::outside, no_candidate,
        {.worker = static_cast<std::uint16_t>(context_.config.worker),
         .reason = PacketInReason::honeypot_arp,
         .port = context_.port,
         .from_honeypot = true,
         .tag_count = tag_count});
}

void HandOver::put(rte_mbuf* packet, Side otherwise, std::uint8_t candidate, const PacketInNote& note) {
    if (count_ == 0) room_ = ring_.room();
    if (count_ < room_) prefetch_note(packet);
    notes_[count_] = note;
    packets_[count_] = packet;
    places_[count_] = candidate;
    otherwise_[count_++] = otherwise;
}

bool HandOver::has_share_left() {
    constexpr std::size_t most_in_a_burst = 8;
    if (of_honeypots_own_ == most_in_a_burst) return false;
    ++of_honeypots_own_;
    return true;
}

std::optional<PacketInReason> HandOver::long_way_of_unusual(std::size_t i) const {
    if (!candidates_.is_fragment(i) || !context_.control_alive) return std::nullopt;
    if (order_.waits(fragment_hash(i))) return PacketInReason::behind_fragment;
    return lacks_companion(i) ? std::optional(PacketInReason::missing_companion) : std::nullopt;
}

/// The first fragment of a session's datagram opens the way for the following ones, which have no ports.
/// Where no session can be added the control thread could do nothing for it.
bool HandOver::lacks_companion(std::size_t i) const {
    const SessionView& view = candidates_.view(i);
    const SessionTable& sessions = context_.tables.sessions;
    return view.first_fragment && sessions.has_room() && view.own_key.kind == KeyKind::ports &&
           !sessions.find(companion_of(view.own_key));
}

/// Of one from outside.
PacketInNote HandOver::note_on(std::size_t i, PacketInReason reason) const {
    return {.key = candidates_.key(i),
            .own_key = candidates_.own_key(i),
            .hash = candidates_.hash(i),
            .worker = static_cast<std::uint16_t>(context_.config.worker),
            .reason = reason,
            .port = context_.port,
            .tag_count = candidates_.tag_count(i),
            .first_fragment = candidates_.first_fragment(i),
            .following_fragment = candidates_.following_fragment(i),
            .icmp_error = !candidates_.plain(i) && candidates_.view(i).icmp_error};
}

std::size_t HandOver::give() {
    if (context_.observes()) [[unlikely]]
        return give_copies();
    const std::size_t going = std::min(count_, room_);
    for (std::size_t i = 0; i < going; ++i) write_note(packets_[i], notes_[i]);
    const unsigned taken = context_.transmitter.hand_over(std::span(packets_).first(going), ring_);
    order_.handed_over(taken);
    count_ = 0;
    return taken;
}

/// The packets themselves pass. What the ring takes has told the control thread all, what it does not is the
/// worker's to record.
std::size_t HandOver::give_copies() {
    std::array<rte_mbuf*, burst_size> copies;
    const std::size_t going = std::min(count_, room_);
    std::size_t made = 0;
    for (; made < going; ++made) {
        copies[made] = rte_pktmbuf_copy(packets_[made], packets_[made]->pool, 0, UINT32_MAX);
        if (copies[made] == nullptr) break;
        notes_[made].copy = true;
        write_note(copies[made], notes_[made]);
    }
    const unsigned taken = context_.transmitter.hand_over_copies(std::span(copies).first(made), ring_);
    for (std::size_t i = 0; i < taken; ++i) context_.observe(packets_[i], Counter::packet_in_handed_over);
    order_.handed_over(taken);
    count_ = 0;
    return taken;
}

HandOver::Refused HandOver::refused(std::size_t place) const {
    const std::uint8_t candidate = places_[place];
    return {packets_[place], candidate == no_candidate ? std::nullopt : std::optional<std::size_t>(candidate),
            otherwise_[place]};
}

}  // namespace honeyswitch::dataplane
