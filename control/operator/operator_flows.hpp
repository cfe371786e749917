// The flows of the running switch, a page at a time, from priority 0 up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "control/flows/flow.hpp"
#include "control/inspect/inspect.hpp"

namespace honeyswitch::control {

/// Which flows are wanted. With a source or destination, as with ovs-ofctl: those whose match lies within it.
struct FlowSelection {
    Ipv4Prefix source{{0}, 0}, destination{{0}, 0};
    bool replies = false;  ///< also the way back of each session
};

struct FlowPage {
    std::vector<Flow> flows;
    std::optional<std::uint64_t> next;  ///< cursor of the next page; none at the end
};

/// Looks at `limit` places of a table at most. Cursors are whatever they are: 0 begins, then the `next` of
/// the page before.
[[nodiscard]] FlowPage flows_of(const Inspect& inspect, const FlowSelection& selection, std::uint64_t cursor,
                                std::size_t limit, TimePoint now);

}  // namespace honeyswitch::control
