// From the hash of a key to the numbers of the sessions that it may be: one cache line, whatever the answer.
//
// A line has room for fifteen sessions and is made for eight. Which line a session belongs to says its hash;
// it takes any free entry there, of four bytes: the session's number and, in the bits that numbers leave,
// some of the hash (its tag). Whether the key is the same is to be seen in the session itself. What finds its
// line full is counted there and kept elsewhere: one session of 500, when the table is full. Entries never
// move, so a reader beside the writer sees every session that was there all the time.
//
// The hash must be keyed, or somebody outside could fill a line on purpose.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <expected>
#include <memory>

#include <immintrin.h>

#include <rte_malloc.h>

#include "base/error.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

class SessionIndex {
    static constexpr unsigned ways = 15, made_for = 8;
    struct alignas(64) Line {
        std::atomic<std::uint32_t> overflowed;     ///< sessions of this line that are kept elsewhere
        std::atomic<std::uint32_t> entries[ways];  ///< tag, number; 0: free
    };
    static_assert(sizeof(Line) == 64);

  public:
    /// For sessions with the numbers 1 to `capacity`.
    [[nodiscard]] static std::expected<SessionIndex, Error> create(std::uint32_t capacity) {
        Line* const lines = allocate_array<Line>("session index", line_count(capacity));
        if (lines == nullptr) return std::unexpected(Error{"allocate", "the session index", "out of memory"});
        return SessionIndex(lines, capacity);
    }
    [[nodiscard]] static std::uint64_t memory_needed(std::uint32_t capacity) {
        return std::uint64_t{line_count(capacity)} * sizeof(Line);
    }

    // Any thread
    // ------------------------------------------------------------------------------------------------------

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&line_of(hash)); }

    /// The sessions that a hash may lead to, one after the other.
    class Matches {
      public:
        /// 0: there is none. The entry may change between two calls.
        [[nodiscard]] std::uint32_t number() const {
            const auto place = static_cast<unsigned>(std::countr_zero(places_ | 1U << (ways - 1)));
            const std::uint32_t entry = line_->entries[place].load(std::memory_order_acquire);
            return places_ == 0 ? 0 : entry & number_mask_;
        }
        /// There are others behind it.
        [[nodiscard]] bool more() const { return (places_ & (places_ - 1)) != 0; }
        void next() { places_ &= places_ - 1; }
        /// Sessions of this line are kept elsewhere.
        [[nodiscard]] bool overflowed() const {
            return line_->overflowed.load(std::memory_order_acquire) != 0;
        }

      private:
        friend SessionIndex;
        Matches(const Line& line, unsigned places, std::uint32_t number_mask)
            : line_(&line), places_(places), number_mask_(number_mask) {}

        const Line* line_;
        unsigned places_;  ///< a bit for each entry that matches
        std::uint32_t number_mask_;
    };
    [[nodiscard]] Matches find(std::uint64_t hash) const {
        const Line& line = line_of(hash);
        return {line, matching(line, tag_of(hash)), number_mask_};
    }

    // Control thread
    // --------------------------------------------------------------------------------------------------

    /// False: its line is full, and nothing was done.
    [[nodiscard]] bool add(std::uint64_t hash, std::uint32_t number) {
        return replace(line_of(hash), 0, tag_of(hash) | number);
    }
    /// False: it is not there.
    [[nodiscard]] bool remove(std::uint64_t hash, std::uint32_t number) {
        return replace(line_of(hash), tag_of(hash) | number, 0);
    }
    /// After a session of this hash was put elsewhere, and after it was taken away there.
    void count_overflow(std::uint64_t hash) {
        line_of(hash).overflowed.fetch_add(1, std::memory_order_release);
    }
    void uncount_overflow(std::uint64_t hash) {
        line_of(hash).overflowed.fetch_sub(1, std::memory_order_release);
    }

  private:
    struct Free {
        void operator()(Line* memory) const { rte_free(memory); }
    };

    SessionIndex(Line* lines, std::uint32_t capacity)
        : lines_(lines), line_count_(line_count(capacity)), number_mask_(~0U >> std::countl_zero(capacity)) {}

    static std::uint32_t line_count(std::uint32_t capacity) { return capacity / made_for + 1; }
    [[nodiscard]] Line& line_of(std::uint64_t hash) const {
        return lines_.get()[(hash & 0xffffffff) * line_count_ >> 32];
    }
    /// Never 0, which is what free entries have.
    [[nodiscard]] std::uint32_t tag_of(std::uint64_t hash) const {
        const std::uint32_t tag = static_cast<std::uint32_t>(hash >> 32) & ~number_mask_;
        return tag != 0 ? tag : number_mask_ + 1;
    }
    /// Which of the fifteen cannot be predicted, so all are compared at once. What has changed meanwhile is
    /// seen when the entry is read and when the key is compared.
    [[nodiscard]] unsigned matching(const Line& line, std::uint32_t tag) const {
        const auto* const halves = reinterpret_cast<const __m256i*>(&line);
        const __m256i mask = _mm256_set1_epi32(static_cast<int>(~number_mask_));
        const __m256i wanted = _mm256_set1_epi32(static_cast<int>(tag));
        const auto compared = [&](__m256i words) {
            const __m256i equal = _mm256_cmpeq_epi32(_mm256_and_si256(words, mask), wanted);
            return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
        };
        const unsigned words = compared(_mm256_load_si256(halves)) | compared(_mm256_load_si256(halves + 1))
                                                                         << 8;
        return words >> 1;  // the first is no entry
    }
    static bool replace(Line& line, std::uint32_t before, std::uint32_t after) {
        for (auto& entry : line.entries) {
            if (entry.load(std::memory_order_relaxed) != before) continue;
            entry.store(after, std::memory_order_release);
            return true;
        }
        return false;
    }

    std::unique_ptr<Line, Free> lines_;
    std::uint32_t line_count_;
    std::uint32_t number_mask_;
};

}  // namespace honeyswitch::dataplane
