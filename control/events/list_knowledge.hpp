// Who knows which list of attackers a source is on, for whoever explains a session.
#pragma once

#include <optional>

#include "base/address.hpp"
#include "control/events/event_names.hpp"
#include "control/events/event_words.hpp"

namespace honeyswitch::control {

struct ListedBy {
    ListNumber list;
    ListOrigin origin = ListOrigin::file;

    friend bool operator==(const ListedBy&, const ListedBy&) = default;
};

/// Control thread.
class ListKnowledge {
  public:
    /// Of the most specific prefix that is on one. nullopt: none is.
    [[nodiscard]] virtual std::optional<ListedBy> attacker(Ipv4Address source) const = 0;

  protected:
    ListKnowledge() = default;
    ListKnowledge(const ListKnowledge&) = default;
    ListKnowledge& operator=(const ListKnowledge&) = default;
    ~ListKnowledge() = default;
};

}  // namespace honeyswitch::control
