#include "dataplane/tables/session_table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "base/headers.hpp"
#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr unsigned most_payloads_waiting = 16'384;

/// Thirty times what is to be expected of a full table.
std::uint32_t overflow_entries(std::uint32_t capacity) {
    return std::max(capacity / 16, 1024U);
}

/// rte_hash keeps a pointer with each key; a number takes its place.
void* as_data(std::uint32_t number) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));  // NOLINT(performance-no-int-to-ptr)
}
std::uint32_t as_number(const void* data) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(data));
}

/// TCP tells when a connection is over; of other flows nobody knows whether they are still the same.
bool may_outlive_for_ever(const NewSession& session) {
    return session.lasting || (session.key.protocol == protocol::tcp && session.key.kind == KeyKind::ports);
}

bool same(const SessionKey& a, const SessionKey& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

SessionTable::SessionTable(std::uint32_t capacity, Quiescence& quiescence, const std::uint64_t (&secret)[3],
                           SessionIndex index)
    : capacity_(capacity), quiescence_(quiescence), hash_(secret), index_(std::move(index)) {}

SessionTable::~SessionTable() {
    rte_hash_free(overflow_);
    rte_ring_free(payloads_);
    rte_free(records_);
    rte_free(milestones_);
    rte_free(paths_);
    rte_free(free_);
}

std::expected<std::unique_ptr<SessionTable>, Error> SessionTable::create(std::uint32_t capacity,
                                                                         Quiescence& quiescence) {
    SessionHash::Secret secret;
    if (!draw_secret(secret))
        return std::unexpected(Error{"draw", "the secret of the session hash", "getrandom failed"});
    auto index = SessionIndex::create(capacity);
    if (!index) return std::unexpected(index.error());
    std::unique_ptr<SessionTable> table(new SessionTable(capacity, quiescence, secret, std::move(*index)));
    if (auto done = table->allocate(); !done) return std::unexpected(done.error());
    return table;
}

std::expected<void, Error> SessionTable::allocate() {
    rte_hash_parameters parameters{};
    parameters.name = "sessions";
    parameters.entries = overflow_entries(capacity_);
    parameters.key_len = sizeof(SessionKey);
    parameters.hash_func = rte_jhash;  // never called: every call brings the keyed hash along
    parameters.socket_id = static_cast<int>(rte_socket_id());
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    overflow_ = rte_hash_create(&parameters);
    records_ = allocate_array<Session>("session records", std::size_t{capacity_} + 1);
    milestones_ = allocate_array<Milestones>("session milestones", capacity_);
    paths_ = allocate_array<Paths>("session paths", 1);
    free_ = allocate_array<std::uint32_t>("free sessions", capacity_);
    payloads_ =
        rte_ring_create_elem("payloads", sizeof(Index), most_payloads_waiting, SOCKET_ID_ANY, RING_F_SC_DEQ);
    if (payloads_ == nullptr || overflow_ == nullptr || records_ == nullptr || milestones_ == nullptr ||
        paths_ == nullptr || free_ == nullptr)
        return std::unexpected(Error{"allocate", "the session table", rte_strerror(rte_errno)});
    records_[0].key.reserved = 1;
    for (std::uint32_t i = 0; i < capacity_; ++i) free_[i] = capacity_ - 1 - i;
    free_count_ = capacity_;
    return {};
}

/// Neither whether a packet has a session nor where is predictable, so there is no branch on it but for what
/// needs a second look.
void SessionTable::lookup(std::span<const SessionKey> keys, std::span<const std::uint64_t> hashes,
                          std::span<Session*> found) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        found[i] = &records_[index_.find(hashes[i]).number()];
        __builtin_prefetch(found[i]);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Session* const first = found[i];
        found[i] = same(first->key, keys[i]) ? first : nullptr;
        if (found[i] != nullptr) continue;
        // The one that matched before may be gone by now, and have hidden another.
        const auto matches = index_.find(hashes[i]);
        if (&records_[matches.number()] != first || matches.more() || matches.overflowed()) [[unlikely]]
            found[i] = look_further(matches, keys[i], hashes[i]);
    }
}

/// The first match was another session.
Session* SessionTable::look_further(SessionIndex::Matches matches, const SessionKey& key,
                                    std::uint64_t hash) const {
    for (;; matches.next()) {
        Session& record = records_[matches.number()];  // asked once: the entry may change
        if (same(record.key, key)) return &record;
        if (!matches.more()) break;
    }
    void* data = nullptr;
    if (!matches.overflowed() ||
        rte_hash_lookup_with_hash_data(overflow_, &key, SessionHash::narrow(hash), &data) < 0)
        return nullptr;
    return &records_[as_number(data)];
}

std::optional<SessionTable::Index> SessionTable::find(const SessionKey& key, std::uint64_t hash) const {
    Session* found = nullptr;
    lookup({&key, 1}, {&hash, 1}, {&found, 1});
    return found != nullptr ? std::optional(index_of(*found)) : std::nullopt;
}

std::optional<SessionTable::Index> SessionTable::add(const NewSession& session, std::uint64_t now) {
    return restore({.key = session.key,
                    .path = session.path,
                    .honeypot = session.honeypot,
                    .progress = session.progress,
                    .counted = session.counted,
                    .contained = session.contained,
                    .created = now,
                    .last_seen = static_cast<std::uint32_t>(now),
                    .outlives_since = may_outlive_for_ever(session) ? Session::without_limit : 0});
}

/// The next session that begins takes the place below in the stack: it comes from memory meanwhile.
void SessionTable::prefetch_next_place() const {
    if (free_count_ < 2) return;
    const Index next = free_[free_count_ - 2];
    __builtin_prefetch(&at(next), 1);
    __builtin_prefetch(&milestones_[next], 1);
}

std::optional<SessionTable::Index> SessionTable::restore(const SessionState& session) {
    if (free_count_ == 0) return std::nullopt;
    const Index index = free_[free_count_ - 1];
    Session& record = at(index);
    prefetch_next_place();
    milestones_[index].clear();
    record.key = session.key;
    record.path.store(paths_->number(session.path), std::memory_order_relaxed);
    record.bytes_in.store(session.bytes_in, std::memory_order_relaxed);
    record.bytes_out.store(session.bytes_out, std::memory_order_relaxed);
    record.packets_in.store(session.packets_in, std::memory_order_relaxed);
    record.packets_out.store(session.packets_out, std::memory_order_relaxed);
    record.last_seen.store(session.last_seen, std::memory_order_relaxed);
    record.created = session.created;
    record.outlives_since.store(session.outlives_since, std::memory_order_relaxed);
    record.ended.store(session.ended, std::memory_order_relaxed);
    record.honeypot.store(session.honeypot, std::memory_order_relaxed);
    record.progress.store(session.progress, std::memory_order_relaxed);
    record.contained = session.contained;
    record.counted = session.counted;
    if (!publish(session.key, index + 1)) return std::nullopt;
    record.in_place = true;
    if (--free_count_ == 0) full_.store(true, std::memory_order_relaxed);
    ++size_;
    return index;
}

SessionState SessionTable::state(Index index) const {
    const Session& record = at(index);
    return {.key = record.key,
            .path = way_back(record),
            .honeypot = record.honeypot.load(std::memory_order_relaxed),
            .progress = record.progress.load(std::memory_order_relaxed),
            .counted = record.counted,
            .contained = record.contained,
            .ended = record.ended.load(std::memory_order_acquire),
            .created = record.created,
            .last_seen = record.last_seen.load(std::memory_order_relaxed),
            .outlives_since = record.outlives_since.load(std::memory_order_relaxed),
            .packets_in = record.packets_in.load(std::memory_order_relaxed),
            .packets_out = record.packets_out.load(std::memory_order_relaxed),
            .bytes_in = record.bytes_in.load(std::memory_order_relaxed),
            .bytes_out = record.bytes_out.load(std::memory_order_relaxed)};
}

/// With release semantics, after the record is written.
bool SessionTable::publish(const SessionKey& key, std::uint32_t number) {
    const std::uint64_t hash = this->hash(key);
    if (index_.add(hash, number)) return true;
    if (rte_hash_add_key_with_hash_data(overflow_, &key, SessionHash::narrow(hash), as_data(number)) != 0)
        return false;
    index_.count_overflow(hash);
    return true;
}

void SessionTable::remove(Index index) {
    Session& record = at(index);
    const std::uint64_t hash = this->hash(record.key);
    std::int32_t position = -1;
    if (!index_.remove(hash, index + 1)) {
        position = rte_hash_del_key_with_hash(overflow_, &record.key, SessionHash::narrow(hash));
        index_.uncount_overflow(hash);
    }
    record.in_place = false;
    --size_;
    open_.removed.push_back({index, position});
}

void SessionTable::end_batch() {
    if (open_.removed.empty()) return;
    open_.barrier = quiescence_.start();
    waiting_.push_back(std::move(open_));
    open_ = {};
}

void SessionTable::reclaim() {
    while (!waiting_.empty() && quiescence_.reached(waiting_.front().barrier)) {
        for (const Removed& removed : waiting_.front().removed) {
            if (removed.position >= 0) rte_hash_free_key_with_position(overflow_, removed.position);
            free_[free_count_++] = removed.index;
        }
        full_.store(false, std::memory_order_relaxed);
        waiting_.pop_front();
    }
}

const SessionKey* SessionTable::key_of(Index index) const {
    return index < capacity_ && at(index).in_place ? &at(index).key : nullptr;
}

double SessionTable::bytes_per_session(std::uint32_t capacity) {
    // rte_hash: a bucket of 8 entries is a cache line, their number a power of two; a key slot is the key and
    // the data rounded to 16 bytes; a ring of free slots, a power of two of 4 bytes.
    const double entries = overflow_entries(capacity);
    const auto rounded = static_cast<double>(rte_align32pow2(overflow_entries(capacity)));
    const double hash = rounded / 8 * 64 + entries * 32 + rounded * 4;
    const auto index = static_cast<double>(SessionIndex::memory_needed(capacity));
    return (index + hash + sizeof(Paths)) / capacity + sizeof(Session) + sizeof(Milestones) +
           sizeof(std::uint32_t);
}

}  // namespace honeyswitch::dataplane
