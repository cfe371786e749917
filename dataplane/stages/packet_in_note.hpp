// What a worker writes beside a packet that it hands to the control thread: why, and what it has found out.
//
// The note lies in the buffer's private part, so it goes where the packet goes, and the control thread
// neither parses the packet nor hashes its key again. What time may have changed meanwhile (sessions, rules,
// lists, whose an address is) is in no note: that is looked at anew.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>

#include <rte_mbuf.h>

#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/side.hpp"
#include "dataplane/stages/parse.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/packet_in_reason.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Of a Packet-In, and, with `worker` alone, of a frame that the control thread has made. Whoever owns the
/// buffer owns the note.
struct PacketInNote {
    SessionKey key{};       ///< that was looked up: of an ICMP error, that of the packet which it quotes
    SessionKey own_key{};   ///< what a new session would be called; `key`, unless it is an ICMP error
    std::uint64_t hash{0};  ///< SessionHash::wide of `key`
    std::uint16_t worker = 0;
    PacketInReason reason{};
    PortIndex port = 0;          ///< that it came in by
    bool from_honeypot = false;  ///< that is a honeypot's port; otherwise it is the outside of a link
    HoneypotIndex honeypot = 0;  ///< that sent it, as far as the worker asked; meaningful from a honeypot
    std::uint8_t tag_count = 0;  ///< VLAN tags that are in it
    bool first_fragment = false, following_fragment = false;  ///< of several (RFC 791)
    bool icmp_error = false;
    bool copy = false;  ///< its packet has passed (observe mode): this one ends with the control thread

    [[nodiscard]] bool fragment() const { return first_fragment || following_fragment; }
    /// Where its network header lies. The addresses are in the key. Not of `honeypot_arp`, which has none.
    [[nodiscard]] L3View l3() const {
        return {
            .result = L3Result::ipv4,
            .tag_count = tag_count,
            .l3_offset = static_cast<std::uint16_t>(sizeof(EthernetHeader) + tag_count * sizeof(VlanTag))};
    }
};
static_assert(sizeof(PacketInNote) == 56 && sizeof(PacketInNote) <= private_bytes_of_buffer);
static_assert(std::is_trivially_destructible_v<PacketInNote>, "a buffer is freed without a word to it");

/// Precondition: the buffer is of create_buffer_pool, as all are.
inline PacketInNote& write_note(rte_mbuf* packet, const PacketInNote& note) {
    return *new (rte_mbuf_to_priv(packet)) PacketInNote(note);
}
/// A note is about to be written: its line is on its way from the cache of whoever wrote there last.
inline void prefetch_note(rte_mbuf* packet) {
    __builtin_prefetch(rte_mbuf_to_priv(packet), 1);
}
/// Precondition: a note was written since the buffer was taken out of its pool.
[[nodiscard]] inline PacketInNote& note_of(rte_mbuf* packet) {
    return *std::launder(static_cast<PacketInNote*>(rte_mbuf_to_priv(packet)));
}

}  // namespace honeyswitch::dataplane
