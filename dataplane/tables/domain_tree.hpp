// Which domains lie within which. The tables of domains may have tens of thousands of them, so that nothing
// here looks at all: the work of an operation is counted in the domains that it concerns.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dataplane/tables/prefix.hpp"

namespace honeyswitch::dataplane {

/// Prefixes in order of network and length, and for each the next less specific one of them, its parent.
/// Indices are the caller's, greater than 0. Control thread.
class DomainTree {
  public:
    using Index = std::uint32_t;
    static constexpr Index none = 0;

    /// `capacity`: the greatest index.
    explicit DomainTree(std::uint32_t capacity) : nodes_(capacity + 1) {}

    /// The index of exactly this prefix.
    [[nodiscard]] Index find(Prefix prefix) const {
        const auto place = order_.find(key_of(prefix));
        return place == order_.end() ? none : place->second;
    }
    [[nodiscard]] Prefix prefix(Index index) const { return nodes_[index].prefix; }
    [[nodiscard]] Index parent(Index index) const { return nodes_[index].parent; }
    [[nodiscard]] std::size_t size() const { return order_.size(); }

    /// The most specific of those around this prefix, which need not be one of them.
    [[nodiscard]] Index covering(Prefix prefix) const;
    /// Those within it, less specific ones first; it may be one of them itself, and is left out.
    [[nodiscard]] std::vector<Index> within(Prefix prefix) const;

    /// Calls `visit(index)` for at most `most` of them, in order of network and length, from `first` on,
    /// which need not be one of them. Returns where the next portion begins; nullopt: that was the last.
    template <typename Visit>
    [[nodiscard]] std::optional<Prefix> visit(Prefix first, std::size_t most, Visit visit) const {
        auto place = order_.lower_bound(key_of(first));
        for (; place != order_.end() && most > 0; ++place, --most) visit(place->second);
        return place != order_.end() ? std::optional(nodes_[place->second].prefix) : std::nullopt;
    }

    /// Returns how many others have it as their parent now. Precondition: neither is there yet.
    std::size_t insert(Prefix prefix, Index index);
    /// Its children go to its parent.
    void erase(Index index);

  private:
    struct Node {
        Prefix prefix;
        Index parent = none;
    };
    using Order = std::map<std::uint64_t, Index>;

    /// A prefix comes right before all those within it.
    [[nodiscard]] static std::uint64_t key_of(Prefix prefix) {
        return std::uint64_t{prefix.network} << 8 | prefix.length;
    }
    /// Calls `visit` for each one within `prefix`, in order.
    template <typename Visit>
    void each_within(Prefix prefix, Visit visit) const {
        for (auto place = order_.upper_bound(key_of(prefix));
             place != order_.end() && prefix.contains(nodes_[place->second].prefix); ++place)
            visit(place->second);
    }

    Order order_;
    std::vector<Node> nodes_;  ///< by index
};

}  // namespace honeyswitch::dataplane
