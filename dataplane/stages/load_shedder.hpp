// How many packets of new flows to addresses that nobody uses a worker carries, and when it has time for
// honeypots, so that legitimate packets never wait behind either until the NIC's ring is full.
//
// How long the ring is, no driver tells in a way that is cheap and the same for all. But a burst that is not
// full has emptied it, and a ring whose bursts stay full is growing or full. So the budget goes up a little
// with what comes from outside in bursts that are not full, and down by half with each full one of a
// long row: additive increase, multiplicative decrease (RFC 5681), which settles at what the core can carry
// with a ring that is nearly empty. One for each worker, and for all links: it is the core that they share.
// While the ring of any of them is long the budget does not go up, and the more links there are the more
// polls it takes, so that idle ones do not raise it against a busy one.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::dataplane {

class LoadShedder {
  public:
    explicit LoadShedder(PortLayout layout) : layout_(layout) {}

    /// The ring of a port has been asked for a burst, and gave `packets`. `legitimate`: some of them were for
    /// active addresses, so there is something to protect. Packets from inside are legitimate, those from
    /// honeypots are not.
    void polled(PortIndex port, unsigned packets, bool legitimate) {
        if (!layout_.is_of_a_link(port)) return;
        unsigned& in_a_row = full_bursts_[port];
        if (packets < burst_size) [[likely]] {
            in_a_row = 0;
            if (budget_ < most && layout_.side_of(port) == Side::outside) recover(packets);
            return;
        }
        const unsigned tolerated = budget_ == most ? patience : patience_in_overload;
        if (++in_a_row <= tolerated || !legitimate) return;
        if (budget_ > least)
            budget_ = std::max(least, budget_ / 2);
        else if (in_a_row > patience)
            lookups_ = std::max(least_lookups, lookups_ - lookups_ / 4);
    }

    /// Packets of new flows in each burst from outside that may be carried; those beyond it are dropped.
    [[nodiscard]] unsigned newcomers() const { return budget_ / one_packet; }
    /// Packets for inactive addresses with sessions that may be looked up in each burst from outside, to find
    /// those that belong to one; others are dropped. All, unless it was not enough to carry no new flows.
    [[nodiscard]] unsigned lookups() const { return lookups_; }

    /// Legitimate packets wait: what honeypots send can wait as well, or be lost.
    [[nodiscard]] bool link_waits() const {
        return budget_ < most &&
               std::ranges::any_of(
                   of_links(), [](unsigned in_a_row) { return in_a_row > patience_in_overload; });
    }

  private:
    /// In sixteenths of a packet.
    static constexpr unsigned one_packet = 16, least = one_packet, most = burst_size * one_packet;
    static constexpr unsigned least_lookups = 8;
    /// A worker that had no CPU for a moment finds a long ring as well, and has emptied it after a few
    /// bursts. Half of the longest ring (queue_sizes.hpp): a scan that is carried whole lets it grow by about
    /// one burst with each that is taken.
    static constexpr unsigned patience = 16;
    /// While new flows are dropped already, a long ring is the flood's.
    static constexpr unsigned patience_in_overload = 2;

    [[nodiscard]] std::span<const unsigned> of_links() const {
        return std::span(full_bursts_).first(layout_.link_ports());
    }
    /// A ring of an inside, or, while new flows are dropped, of an outside.
    [[nodiscard]] bool any_is_long() const {
        for (unsigned i = 0; i < layout_.link_ports(); ++i) {
            const bool inside = layout_.side_of(static_cast<PortIndex>(i)) == Side::inside;
            if (full_bursts_[i] > (inside ? patience : patience_in_overload)) return true;
        }
        return false;
    }
    /// By a sixteenth for as many packets as a full burst has: polls that find little follow each other fast,
    /// and each of them says less.
    void recover(unsigned packets) {
        if (any_is_long()) return;
        const unsigned enough = burst_size * layout_.links();
        carried_ += packets == 0 ? burst_size : packets;
        if (carried_ < enough) return;
        carried_ -= enough;
        if (lookups_ < burst_size)
            ++lookups_;
        else
            ++budget_;
    }

    unsigned budget_ = most;
    unsigned lookups_ = burst_size;
    unsigned carried_ = 0;  ///< packets since one of them last went up
    PortLayout layout_;
    std::array<unsigned, most_link_ports> full_bursts_{};  ///< one after the other
};

}  // namespace honeyswitch::dataplane
