// Which domain an address is in: the most specific one, by two loads at most (DIR-24-8: Gupta, Lin and
// McKeown, "Routing lookups in hardware at memory access speeds", INFOCOM 1998).
//
// A word for each /24 names its domain, or the group of 256 words that its addresses have where domains
// longer than /24 lie within it. rte_lpm looks up in the same way, but it finds a free group by looking at
// all groups and a rule by looking at all rules of its length, so that tens of thousands of domains take it
// many seconds. Here free groups are in a list, and rules are the domain tree's: a domain takes the words
// that its parent has, and hands them back.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include <rte_malloc.h>

#include "base/error.hpp"
#include "dataplane/tables/prefix.hpp"

namespace honeyswitch::dataplane {

class DomainMap {
  public:
    using Index = std::uint32_t;  ///< of a domain, greater than 0; 0: none
    static constexpr Index none = 0;

    /// Room for `domains` of any length at once.
    [[nodiscard]] static std::expected<DomainMap, Error> create(std::uint32_t domains);
    [[nodiscard]] static std::uint64_t memory_needed(std::uint32_t domains) {
        return sizeof(Word) * (std::uint64_t{top_size} + std::uint64_t{domains} * (group_size + 2));
    }

    // Any thread. Addresses in host byte order.

    [[nodiscard]] Index find(std::uint32_t address) const {
        const std::uint32_t word = top_.get()[address >> group_bits].load(std::memory_order_acquire);
        return (word & group_mark) == 0 ? word : in_group(word, address);
    }
    /// As many results as addresses.
    void find(std::span<const std::uint32_t> addresses, Index* found) const {
        for (std::size_t i = 0; i < addresses.size(); ++i) found[i] = find(addresses[i]);
    }

    // Control thread.

    /// All of the prefix that is its parent's, the next less specific domain, is this domain's from now on.
    /// Precondition: fewer than `domains` are in it, or wait to be given back.
    void insert(Prefix prefix, Index parent, Index index);
    /// The contrary. A worker may be reading it still: after a grace period, and before its index is used
    /// again, `give_back` has to be called with what this returns.
    [[nodiscard]] std::uint32_t erase(Prefix prefix, Index parent, Index index);
    void give_back(std::uint32_t group) {
        if (group != no_group) free_groups_.push_back(group);
    }

  private:
    using Word = std::atomic<std::uint32_t>;
    static constexpr unsigned group_bits = 8, top_length = 32 - group_bits;
    static constexpr std::uint32_t top_size = 1U << top_length, group_size = 1U << group_bits;
    static constexpr std::uint32_t group_mark = 1U << 31;  ///< in a word: the rest is the number of a group
    static constexpr std::uint32_t no_group = ~0U;
    struct Free {
        void operator()(Word* words) const { rte_free(words); }
    };
    using Words = std::unique_ptr<Word, Free>;

    DomainMap(Words top, Words groups, std::uint32_t domains);

    [[nodiscard]] Word* group(std::uint32_t number) const {
        return groups_.get() + std::size_t{number} * group_size;
    }
    [[nodiscard]] Index in_group(std::uint32_t word, std::uint32_t address) const {
        return group(word & ~group_mark)[address % group_size].load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint32_t group_of(std::uint32_t address);
    void replace(Prefix prefix, Index former, Index index);
    static void replace(std::span<Word> words, Index former, Index index);

    Words top_, groups_;
    std::vector<std::uint32_t> free_groups_;
    std::vector<std::uint32_t> longer_;  ///< for each group: domains longer than /24 in it
};

}  // namespace honeyswitch::dataplane
