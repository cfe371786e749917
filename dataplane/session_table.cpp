#include "dataplane/session_table.hpp"

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "dataplane/burst.hpp"
#include "dataplane/memory.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr unsigned most_payloads_waiting = 16'384;

/// The cuckoo hash cannot be filled to the last place: what is asked of it is an eighth more than the
/// capacity.
std::uint32_t hash_entries(std::uint32_t capacity) {
    return capacity + capacity / 8 + 64;
}

/// rte_hash keeps a pointer with each key; a number takes its place.
void* as_data(std::uint32_t index) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index));  // NOLINT(performance-no-int-to-ptr)
}
std::uint32_t as_index(const void* data) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(data));
}

}  // namespace

SessionTable::SessionTable(std::uint32_t capacity, Quiescence& quiescence, const std::uint64_t (&secret)[3])
    : capacity_(capacity), quiescence_(quiescence), hash_(secret) {}

SessionTable::~SessionTable() {
    rte_hash_free(table_);
    rte_ring_free(payloads_);
    rte_free(records_);
    rte_free(keys_);
    rte_free(free_);
}

std::expected<std::unique_ptr<SessionTable>, Error> SessionTable::create(std::uint32_t capacity,
                                                                         Quiescence& quiescence) {
    SessionHash::Secret secret;
    if (!draw_secret(secret))
        return std::unexpected(Error{"draw", "the secret of the session hash", "getrandom failed"});
    std::unique_ptr<SessionTable> table(new SessionTable(capacity, quiescence, secret));
    if (auto done = table->allocate(); !done) return std::unexpected(done.error());
    return table;
}

std::expected<void, Error> SessionTable::allocate() {
    rte_hash_parameters parameters{};
    parameters.name = "sessions";
    parameters.entries = hash_entries(capacity_);
    parameters.key_len = sizeof(SessionKey);
    parameters.hash_func = rte_jhash;  // never called: every call brings the keyed hash along
    parameters.socket_id = static_cast<int>(rte_socket_id());
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF;
    table_ = rte_hash_create(&parameters);
    records_ = allocate_array<Session>("session records", capacity_);
    keys_ = allocate_array<SessionKey>("session keys", capacity_);
    free_ = allocate_array<std::uint32_t>("free sessions", capacity_);
    payloads_ =
        rte_ring_create_elem("payloads", sizeof(Index), most_payloads_waiting, SOCKET_ID_ANY, RING_F_SC_DEQ);
    if (payloads_ == nullptr || table_ == nullptr || records_ == nullptr || keys_ == nullptr ||
        free_ == nullptr)
        return std::unexpected(Error{"allocate", "the session table", rte_strerror(rte_errno)});
    for (std::uint32_t i = 0; i < capacity_; ++i) free_[i] = capacity_ - 1 - i;
    free_count_ = capacity_;
    return {};
}

void SessionTable::lookup(std::span<const SessionKey> keys, std::span<const std::uint64_t> hashes,
                          std::span<Session*> found) const {
    const void* pointers[burst_size];
    hash_sig_t signatures[burst_size];
    void* data[burst_size];
    for (std::size_t i = 0; i < keys.size(); ++i) {
        pointers[i] = &keys[i];
        signatures[i] = SessionHash::narrow(hashes[i]);
    }
    std::uint64_t hits = 0;
    rte_hash_lookup_with_hash_bulk_data(table_, pointers, signatures, static_cast<std::uint32_t>(keys.size()),
                                        &hits, data);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool hit = (hits >> i & 1) != 0;
        found[i] = hit ? &records_[as_index(data[i])] : nullptr;
        if (hit) __builtin_prefetch(found[i], 1);
    }
}

std::optional<SessionTable::Index> SessionTable::find(const SessionKey& key) const {
    void* data = nullptr;
    if (rte_hash_lookup_with_hash_data(table_, &key, hash_(key), &data) < 0) return std::nullopt;
    return as_index(data);
}

std::optional<SessionTable::Index> SessionTable::add(const NewSession& session, std::uint32_t now) {
    if (free_count_ == 0) return std::nullopt;
    const Index index = free_[free_count_ - 1];
    Session& record = records_[index];
    record.path.store(session.path);
    record.bytes_in.store(0, std::memory_order_relaxed);
    record.bytes_out.store(0, std::memory_order_relaxed);
    record.packets_in.store(0, std::memory_order_relaxed);
    record.packets_out.store(0, std::memory_order_relaxed);
    record.last_seen.store(now, std::memory_order_relaxed);
    record.created = now;
    record.honeypot.store(session.honeypot, std::memory_order_relaxed);
    record.progress.store(session.progress, std::memory_order_relaxed);
    record.contained = session.contained;
    record.counted = session.counted;
    // rte_hash publishes the entry with release semantics, after the record is written.
    if (rte_hash_add_key_with_hash_data(table_, &session.key, hash_(session.key), as_data(index)) != 0)
        return std::nullopt;
    keys_[index] = session.key;
    if (--free_count_ == 0) full_.store(true, std::memory_order_relaxed);
    ++size_;
    return index;
}

void SessionTable::remove(Index index) {
    const SessionKey key = keys_[index];
    const std::int32_t position = rte_hash_del_key_with_hash(table_, &key, hash_(key));
    keys_[index] = {};
    --size_;
    open_.removed.push_back({index, position});
}

void SessionTable::end_batch() {
    if (open_.removed.empty()) return;
    open_.token = quiescence_.start();
    waiting_.push_back(std::move(open_));
    open_ = {};
}

void SessionTable::reclaim() {
    while (!waiting_.empty() && quiescence_.passed(waiting_.front().token)) {
        for (const Removed& removed : waiting_.front().removed) {
            if (removed.position >= 0) rte_hash_free_key_with_position(table_, removed.position);
            free_[free_count_++] = removed.index;
        }
        full_.store(false, std::memory_order_relaxed);
        waiting_.pop_front();
    }
}

const SessionKey* SessionTable::key_of(Index index) const {
    return index < capacity_ && keys_[index].inside != Be32{} ? &keys_[index] : nullptr;
}

double SessionTable::bytes_per_session(std::uint32_t capacity) {
    // rte_hash: a bucket of 8 entries is a cache line, their number a power of two; a key slot is the key and
    // the data rounded to 16 bytes; a ring of free slots, a power of two of 4 bytes.
    const double entries = hash_entries(capacity);
    const auto rounded = static_cast<double>(rte_align32pow2(hash_entries(capacity)));
    const double hash = rounded / 8 * 64 + entries * 32 + rounded * 4;
    return hash / capacity + sizeof(Session) + sizeof(SessionKey) + sizeof(std::uint32_t);
}

}  // namespace honeyswitch::dataplane
