#include "dataplane/tables/domain_tree.hpp"

#include <algorithm>
#include <iterator>

namespace honeyswitch::dataplane {

/// Whatever stands between the domain around `prefix` and its place in the order lies within that domain. So
/// the one right before it is the domain, or has it among its parents.
DomainTree::Index DomainTree::covering(Prefix prefix) const {
    const auto after = order_.lower_bound(key_of(prefix));
    if (after == order_.begin()) return none;
    Index index = std::prev(after)->second;
    while (index != none && !nodes_[index].prefix.contains(prefix)) index = nodes_[index].parent;
    return index;
}

std::vector<DomainTree::Index> DomainTree::within(Prefix prefix) const {
    std::vector<Index> found;
    each_within(prefix, [&](Index index) { found.push_back(index); });
    std::ranges::sort(found, {}, [this](Index index) {
        const Prefix its = nodes_[index].prefix;
        return std::uint64_t{its.length} << 32 | its.network;
    });
    return found;
}

std::size_t DomainTree::insert(Prefix prefix, Index index) {
    const Index parent = covering(prefix);
    std::size_t children = 0;
    each_within(prefix, [&](Index inner) {
        if (nodes_[inner].parent != parent) return;
        nodes_[inner].parent = index;
        ++children;
    });
    order_.emplace(key_of(prefix), index);
    nodes_[index] = {prefix, parent};
    return children;
}

void DomainTree::erase(Index index) {
    const auto [prefix, parent] = nodes_[index];
    order_.erase(key_of(prefix));
    each_within(prefix, [&](Index inner) {
        if (nodes_[inner].parent == index) nodes_[inner].parent = parent;
    });
}

}  // namespace honeyswitch::dataplane
