#include "dataplane/tables/source_table.hpp"

#include <bit>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {
namespace {

std::uint32_t mask_of(unsigned length) {
    return length == 0 ? 0 : ~0U << (32 - length);
}

/// The cuckoo hash cannot be filled to the last place.
std::uint32_t hash_entries(std::uint32_t capacity) {
    return capacity + capacity / 8 + 64;
}

}  // namespace

SourceTable::~SourceTable() {
    rte_hash_free(table_);
    rte_free(bitmap_);
}

std::expected<std::unique_ptr<SourceTable>, Error> SourceTable::create(std::uint32_t capacity,
                                                                       Quiescence& quiescence) {
    std::unique_ptr<SourceTable> table(new SourceTable);
    if (auto done = table->allocate(capacity, quiescence); !done) return std::unexpected(done.error());
    return table;
}

std::expected<void, Error> SourceTable::allocate(std::uint32_t capacity, Quiescence& quiescence) {
    capacity_ = capacity;
    if (!draw_secret(secret_))
        return std::unexpected(Error{"draw", "the secret of a hash", "getrandom failed"});
    rte_hash_parameters parameters{};
    parameters.name = "listed";
    parameters.entries = hash_entries(capacity);
    parameters.key_len = sizeof(Key);
    parameters.hash_func = rte_jhash;  // never called: every call brings the keyed hash along
    parameters.socket_id = static_cast<int>(rte_socket_id());
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    table_ = rte_hash_create(&parameters);
    bitmap_ = allocate_array<std::atomic<std::uint64_t>>("listed networks", bitmap_words);
    if (table_ == nullptr || bitmap_ == nullptr)
        return std::unexpected(Error{"allocate", "the table of listed sources", rte_strerror(rte_errno)});
    rte_hash_rcu_config rcu{};
    rcu.v = quiescence.handle();
    rcu.mode = RTE_HASH_QSBR_MODE_DQ;
    if (rte_hash_rcu_qsbr_add(table_, &rcu) != 0)
        return std::unexpected(
            Error{"allocate", "the listed sources' queue of deferred deletions", rte_strerror(rte_errno)});
    return {};
}

std::uint64_t SourceTable::memory_needed(std::uint32_t capacity) {
    const std::uint64_t rounded = rte_align32pow2(hash_entries(capacity));
    return rounded / 8 * 64 + rounded * (16 + 8 + 4) + bitmap_words * sizeof(std::uint64_t);
}

std::uint32_t SourceTable::hash(Key key) const {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t word = std::uint64_t{key.length} << 32 | key.network;
    const Wide product = static_cast<Wide>(word ^ secret_[0]) * (secret_[1] | 1);
    return static_cast<std::uint32_t>(product >> 64) ^ static_cast<std::uint32_t>(product >> 32);
}

std::uint64_t SourceTable::look_up(Key key) const {
    void* data = nullptr;
    if (rte_hash_lookup_with_hash_data(table_, &key, hash(key), &data) < 0) return 0;
    return reinterpret_cast<std::uintptr_t>(data);
}

Listing SourceTable::find(std::uint32_t source) const {
    std::uint64_t bits = 0;
    for (std::uint64_t rest = lengths_.load(std::memory_order_relaxed); rest != 0; rest &= rest - 1) {
        const auto length = static_cast<unsigned>(std::countr_zero(rest));
        bits |= look_up({source & mask_of(length), length});
    }
    return Listing(bits);
}

Listing SourceTable::at(Prefix prefix) const {
    return Listing(look_up({prefix.network, prefix.length}));
}

bool SourceTable::set(Prefix prefix, Listing listing) {
    const Key key{prefix.network, prefix.length};
    const Listing before = at(prefix);
    if (before.bits() == listing.bits()) return true;
    if (listing.empty()) {
        mark(prefix, false);
        if (before.lists() != 0) listed_.fetch_sub(1, std::memory_order_relaxed);
        if (--length_counts_.at(prefix.length) == 0)
            lengths_.fetch_and(~(std::uint64_t{1} << prefix.length), std::memory_order_relaxed);
        (void)rte_hash_del_key_with_hash(table_, &key, hash(key));
        --size_;
        return true;
    }
    if (before.empty() && size_ == capacity_) return false;
    // rte_hash keeps a pointer with each key; a number takes its place.
    const auto number = static_cast<std::uintptr_t>(listing.bits());
    auto* const data = reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr)
    if (rte_hash_add_key_with_hash_data(table_, &key, hash(key), data) != 0) return false;
    if (before.empty()) {
        ++size_;
        if (length_counts_.at(prefix.length)++ == 0)
            lengths_.fetch_or(std::uint64_t{1} << prefix.length, std::memory_order_relaxed);
        mark(prefix, true);
    }
    if ((before.lists() == 0) != (listing.lists() == 0)) listed_.fetch_add(listing.lists() != 0 ? 1 : ~0U);
    return true;
}

/// A bit for each /24 that the prefix touches.
void SourceTable::mark(Prefix prefix, bool listed) {
    const std::uint32_t first = prefix.network >> 8;
    const std::uint32_t last = (prefix.network | prefix.host_mask()) >> 8;
    for (std::uint32_t network = first; network <= last; ++network) {
        std::uint32_t& count = network_counts_[network];
        auto& word = bitmap_[network >> 6];
        const std::uint64_t bit = std::uint64_t{1} << (network & 63U);
        if (listed && count++ == 0) word.fetch_or(bit, std::memory_order_relaxed);
        if (!listed && --count == 0) {
            word.fetch_and(~bit, std::memory_order_relaxed);
            network_counts_.erase(network);
        }
    }
}

}  // namespace honeyswitch::dataplane
