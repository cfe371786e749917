#include "dataplane/tables/domain_map.hpp"

#include <numeric>
#include <utility>

#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

std::expected<DomainMap, Error> DomainMap::create(std::uint32_t domains) {
    Words top(allocate_array<Word>("domains by /24", top_size));
    Words groups(allocate_array<Word>("domains by address", std::size_t{domains} * group_size));
    if (!top || !groups) return std::unexpected(Error{"allocate", "the map of domains", "out of memory"});
    return DomainMap(std::move(top), std::move(groups), domains);
}

DomainMap::DomainMap(Words top, Words groups, std::uint32_t domains)
    : top_(std::move(top)), groups_(std::move(groups)), free_groups_(domains), longer_(domains) {
    std::iota(free_groups_.rbegin(), free_groups_.rend(), 0U);
}

/// The group of the /24 of this address, which has one from now on.
std::uint32_t DomainMap::group_of(std::uint32_t address) {
    Word& top = top_.get()[address >> group_bits];
    const std::uint32_t word = top.load(std::memory_order_relaxed);
    if ((word & group_mark) != 0) return word & ~group_mark;
    const std::uint32_t number = free_groups_.back();
    free_groups_.pop_back();
    for (std::uint32_t i = 0; i < group_size; ++i) group(number)[i].store(word, std::memory_order_relaxed);
    top.store(number | group_mark, std::memory_order_release);
    return number;
}

void DomainMap::insert(Prefix prefix, Index parent, Index index) {
    if (prefix.length > top_length) ++longer_[group_of(prefix.network)];
    replace(prefix, parent, index);
}

std::uint32_t DomainMap::erase(Prefix prefix, Index parent, Index index) {
    replace(prefix, index, parent);
    if (prefix.length <= top_length) return no_group;
    const std::uint32_t number = group_of(prefix.network);
    if (--longer_[number] != 0) return no_group;
    // Whatever is left there has the whole /24.
    top_.get()[prefix.network >> group_bits].store(group(number)->load(std::memory_order_relaxed),
                                                   std::memory_order_release);
    return number;
}

void DomainMap::replace(std::span<Word> words, Index former, Index index) {
    for (Word& word : words)
        if (word.load(std::memory_order_relaxed) == former) word.store(index, std::memory_order_release);
}

void DomainMap::replace(Prefix prefix, Index former, Index index) {
    if (prefix.length > top_length)
        return replace({group(group_of(prefix.network)) + prefix.network % group_size, prefix.size()}, former,
                       index);
    const std::span<Word> tops(top_.get() + (prefix.network >> group_bits), prefix.size() >> group_bits);
    replace(tops, former, index);
    for (const Word& top : tops)
        if (const std::uint32_t word = top.load(std::memory_order_relaxed); (word & group_mark) != 0)
            replace({group(word & ~group_mark), group_size}, former, index);
}

}  // namespace honeyswitch::dataplane
