// The way to the control thread: what a worker cannot decide alone becomes a Packet-In.
//
// Packets of a burst are noted here one by one, in order, and handed over together when the burst is decided.
// The ring may be full: what it does not take is still the worker's, and goes where `finish` is told. A
// fragment that is handed over makes those that follow it take the same way until it has come back, so that
// none overtakes another (fragment_order.hpp).
//
// In observe mode it hands over copies, and the packets pass at once: none waits for the control thread.
//
// Needs candidates whose sessions are found, and a control thread that is alive. Guarantees that each packet
// is either in the ring or passed to `finish`'s function, once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/eal/mbuf_ring.hpp"
#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/fragment_order.hpp"
#include "dataplane/stages/packet_in_note.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class HandOver {
  public:
    HandOver(const StageContext& context, const Candidates& candidates, MbufRing& ring)
        : context_(context), candidates_(candidates), ring_(ring) {}

    /// A packet that the ring did not take.
    struct Refused {
        rte_mbuf* packet;
        std::optional<std::size_t> candidate;  ///< none: it was not among them
        Side otherwise;
    };

    /// Once a round: so many of the packets that were handed over have come back, or were dropped.
    void set_settled(std::uint64_t packets) { order_.set_settled(packets); }

    /// A candidate from outside, for this reason. `otherwise`: where it goes if the ring is full.
    void add(std::size_t candidate, Side otherwise, PacketInReason reason);
    /// A candidate from a honeypot port. `sender`: the honeypot that it is known to come from.
    void add_reply(std::size_t candidate, PacketInReason reason, HoneypotIndex sender);
    /// A honeypot's frame that is no candidate.
    void add_arp(rte_mbuf* packet, std::uint8_t tag_count);
    /// What honeypots do of their own accord has a small share of this way: it is not theirs to fill. False:
    /// this burst's share is used up.
    [[nodiscard]] bool has_share_left();

    /// A fragment of a session goes by the control thread to get a companion, or to stay behind an earlier
    /// one that did. nullopt: it need not.
    [[nodiscard]] std::optional<PacketInReason> long_way(std::size_t candidate) const {
        if (candidates_.plain(candidate)) [[likely]]
            return std::nullopt;
        return long_way_of_unusual(candidate);
    }
    /// It is a fragment, and an earlier one of its addresses was handed over and has not come back.
    [[nodiscard]] bool is_behind(std::size_t candidate) const {
        return candidates_.is_fragment(candidate) && context_.control_alive &&
               order_.waits(fragment_hash(candidate));
    }

    /// Hands over what was added, and calls `otherwise(Refused)` for each packet that found no room.
    template <typename Otherwise>
    void finish(Otherwise otherwise) {
        of_honeypots_own_ = 0;
        if (count_ == 0) return;
        const std::size_t count = count_;
        for (std::size_t i = give(); i < count; ++i) otherwise(refused(i));
    }

  private:
    static constexpr std::uint8_t no_candidate = 255;

    [[nodiscard]] std::optional<PacketInReason> long_way_of_unusual(std::size_t candidate) const;
    [[nodiscard]] bool lacks_companion(std::size_t candidate) const;
    /// The same for all fragments of its addresses, whether they have ports or not.
    [[nodiscard]] std::uint64_t fragment_hash(std::size_t candidate) const {
        return context_.tables.sessions.hash(companion_of(candidates_.own_key(candidate)));
    }
    [[nodiscard]] PacketInNote note_on(std::size_t candidate, PacketInReason reason) const;
    void put(rte_mbuf* packet, Side otherwise, std::uint8_t candidate, const PacketInNote& note);
    [[nodiscard]] Refused refused(std::size_t place) const;
    /// Returns how many were taken, and is empty then.
    [[nodiscard]] std::size_t give();
    [[nodiscard, gnu::cold, gnu::noinline]] std::size_t give_copies();

    const StageContext& context_;
    const Candidates& candidates_;
    MbufRing& ring_;
    FragmentOrder order_;
    std::size_t count_ = 0;
    std::size_t room_ = 0;  ///< in the ring, when the first of these packets was added
    std::size_t of_honeypots_own_ = 0;
    std::array<rte_mbuf*, burst_size> packets_;
    std::array<Side, burst_size> otherwise_;
    std::array<std::uint8_t, burst_size> places_;  ///< among the candidates
    /// They are written beside the packets when those go, and only beside those: the place is in another
    /// core's cache nearly always, and takes a while to come.
    std::array<PacketInNote, burst_size> notes_;
};

}  // namespace honeyswitch::dataplane
