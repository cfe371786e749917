// Priority 3: the sessions, an exact match on 16 bytes.
//
// Each session has a record, one cache line with its key and all that its packets read and write. The way to
// it is a line of SessionIndex, or, for the few whose line there was full, rte_hash with lock-free readers.
// The record is complete before the entry that leads to it is published; a removed session's record and key
// slot are used again only after a grace period, one for a whole batch of removals.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <rte_hash.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "base/error.hpp"
#include "dataplane/eal/quiescence.hpp"
#include "dataplane/tables/hash.hpp"
#include "dataplane/tables/milestones.hpp"
#include "dataplane/tables/path_table.hpp"
#include "dataplane/tables/session.hpp"
#include "dataplane/tables/session_index.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// What a session begins with.
struct NewSession {
    SessionKey key;
    L2Path path;
    HoneypotIndex honeypot = 0;
    Step progress = Step::first_packet;
    Step counted = Step::first_packet;
    bool contained = false;
    /// Its address is diverted although it is active (a decoy, a listed source): it may always outlive that.
    bool lasting = false;
};

/// All that there is of a session: what puts it back as it was. Times in milliseconds of the switch's clock;
/// those of 32 bits, and what they mean, are as in Session.
struct SessionState {
    SessionKey key;
    L2Path path;
    HoneypotIndex honeypot = 0;
    Step progress = Step::first_packet;
    Step counted = Step::first_packet;
    bool contained = false;
    bool ended = false;
    std::uint64_t created = 0;
    std::uint32_t last_seen = 0, outlives_since = 0;
    std::uint32_t packets_in = 0, packets_out = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;

    friend bool operator==(const SessionState&, const SessionState&) = default;
};

class SessionTable {
  public:
    using Index = std::uint32_t;  ///< of a record: 0 to capacity - 1

    [[nodiscard]] static std::expected<std::unique_ptr<SessionTable>, Error> create(std::uint32_t capacity,
                                                                                    Quiescence& quiescence);
    ~SessionTable();
    SessionTable(const SessionTable&) = delete;
    SessionTable& operator=(const SessionTable&) = delete;

    // Any thread
    // ------------------------------------------------------------------------------------------------------

    /// The hash that this and the tables of flows without a session are asked with.
    [[nodiscard]] std::uint64_t hash(const SessionKey& key) const { return hash_.wide(key); }
    /// A key with this hash is about to be looked up.
    void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }
    /// The record of each key, or nullptr. `hashes`: of the keys.
    void lookup(std::span<const SessionKey> keys, std::span<const std::uint64_t> hashes,
                std::span<Session*> found) const;
    [[nodiscard]] std::optional<Index> find(const SessionKey& key) const { return find(key, hash(key)); }
    /// `hash`: of the key.
    [[nodiscard]] std::optional<Index> find(const SessionKey& key, std::uint64_t hash) const;
    /// Whether a session could be added, as far as is known.
    [[nodiscard]] bool has_room() const { return !full_.load(std::memory_order_relaxed); }
    [[nodiscard]] Session& at(Index index) const { return records_[index + 1]; }
    /// Of the session with this record.
    [[nodiscard]] Milestones& milestones(const Session& session) const {
        return milestones_[index_of(session)];
    }
    [[nodiscard]] const Milestones& milestones(Index index) const { return milestones_[index]; }
    /// A packet of this session has come from outside by this link with this frame; `tag_count` VLAN tags are
    /// in it.
    /// `latest`: as in PathTable::number.
    void came_by(Session& session, const std::uint8_t* frame, std::uint8_t tag_count, std::uint8_t link,
                 PathNumber& latest) {
        if (link == no_link) [[unlikely]]
            return;
        const PathNumber number = paths_->number(frame, tag_count, link, latest);
        if (session.path.load(std::memory_order_relaxed) != number) [[unlikely]]
            session.path.store(number, std::memory_order_release);
    }
    [[nodiscard]] L2Path way_back(const Session& session) const {
        return paths_->path(session.path.load(std::memory_order_acquire));
    }
    /// This session has reached Step::payload. The control thread is told, unless it has more to read already
    /// than it can take; it will see for itself when it looks at the session next.
    void payload_reached(const Session& session) {
        Index index = index_of(session);
        (void)rte_ring_enqueue_elem(payloads_, &index, sizeof index);
    }

    // Control thread
    // --------------------------------------------------------------------------------------------------

    /// nullopt: the table is full. `now` in milliseconds of the switch's clock. Precondition: the key is not
    /// in it.
    [[nodiscard]] std::optional<Index> add(const NewSession& session, std::uint64_t now);
    /// Puts a session back as it was, in a place that may be another. Else like `add`.
    [[nodiscard]] std::optional<Index> restore(const SessionState& session);
    /// Precondition: the session exists. What workers write meanwhile is of one moment or the next.
    [[nodiscard]] SessionState state(Index index) const;
    /// Calls `visit(index, state)` for each session in `count` places from `first` on. Returns where the next
    /// portion begins; nullopt: that was the last.
    template <typename Visit>
    [[nodiscard]] std::optional<Index> visit(Index first, std::uint32_t count, Visit visit) const {
        const Index end = first + std::min(count, capacity_ - std::min(first, capacity_));
        for (Index index = first; index < end; ++index)
            if (at(index).in_place) visit(index, state(index));
        return end < capacity_ ? std::optional(end) : std::nullopt;
    }
    /// No lookup that begins from now on finds it. Precondition: the session exists.
    void remove(Index index);
    /// Ends a batch of removals: their places come back after a grace period from here.
    void end_batch();
    /// Takes back the places whose grace period is over.
    void reclaim();

    /// Sessions that have reached Step::payload since the last call; some may be gone by now.
    [[nodiscard]] std::size_t take_payloads(std::span<Index> indices) {
        return rte_ring_dequeue_burst_elem(payloads_, indices.data(), sizeof(Index),
                                           static_cast<unsigned>(indices.size()), nullptr);
    }
    /// nullptr: no such session.
    [[nodiscard]] const SessionKey* key_of(Index index) const;
    [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
    [[nodiscard]] std::uint32_t size() const { return size_; }
    /// Bytes of memory of all tables for each session of the capacity.
    [[nodiscard]] static double bytes_per_session(std::uint32_t capacity);

  private:
    using Paths = PathTable<16'384>;
    struct Removed {
        Index index;
        std::int32_t position;  ///< of the key in rte_hash; negative: it is not there
    };
    struct Batch {
        std::vector<Removed> removed;
        Quiescence::Barrier barrier = 0;
    };

    SessionTable(std::uint32_t capacity, Quiescence& quiescence, const std::uint64_t (&secret)[3],
                 SessionIndex index);
    [[nodiscard]] std::expected<void, Error> allocate();
    [[nodiscard]] Index index_of(const Session& session) const {
        return static_cast<Index>(&session - records_) - 1;
    }
    [[nodiscard]] Session* look_further(SessionIndex::Matches matches, const SessionKey& key,
                                        std::uint64_t hash) const;
    void prefetch_next_place() const;
    [[nodiscard]] bool publish(const SessionKey& key, std::uint32_t number);

    // What workers read for each burst changes never, or seldom; the rest is the control thread's.
    std::uint32_t capacity_;
    Quiescence& quiescence_;
    SessionHash hash_;
    SessionIndex index_;
    rte_hash* overflow_ = nullptr;
    Session* records_ = nullptr;  ///< number 0 is no session, and has a key that no packet has
    Milestones* milestones_ = nullptr;
    rte_ring* payloads_ = nullptr;
    Paths* paths_ = nullptr;
    std::atomic<bool> full_{false};
    alignas(64) std::uint32_t size_ = 0;
    std::uint32_t free_count_ = 0;
    std::uint32_t* free_ = nullptr;  ///< a stack of unused records
    Batch open_;
    std::deque<Batch> waiting_;
};

}  // namespace honeyswitch::dataplane
