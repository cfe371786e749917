// A burst from the port of a mirror, which has frames of both directions: which of them came from outside,
// and which from inside.
//
// The prefixes of the campus say it, as the control thread has given them to the Classifier: a frame from
// elsewhere to the campus came from outside, one from the campus to elsewhere from inside. All others tell no
// direction: what is not IPv4, what stays within the campus, and what has nothing to do with it.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/tables/classifier.hpp"

namespace honeyswitch::dataplane {

class MirrorBurst {
  public:
    /// `packets`: at most `burst_size`. They stay the caller's, in three parts, each in the order of the
    /// burst.
    MirrorBurst(std::span<rte_mbuf* const> packets, const Classifier& classifier);

    [[nodiscard]] std::span<rte_mbuf*> from_outside() { return outside_.packets(); }
    [[nodiscard]] std::span<rte_mbuf*> from_inside() { return inside_.packets(); }
    [[nodiscard]] std::span<rte_mbuf*> others() { return others_.packets(); }

  private:
    struct Part {
        std::array<rte_mbuf*, burst_size> all;
        std::size_t count = 0;

        void add(rte_mbuf* packet) { all[count++] = packet; }
        [[nodiscard]] std::span<rte_mbuf*> packets() { return std::span(all).first(count); }
    };
    Part outside_, inside_, others_;
};

}  // namespace honeyswitch::dataplane
