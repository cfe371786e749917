// How much of what the honeypots send to one address outside, and of what one honeypot sends, may leave:
// nobody whose address was forged is flooded through us.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>

#include <rte_malloc.h>

#include "base/error.hpp"
#include "dataplane/eal/memory.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/modes.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// One worker's, which has its share of each rate. Counts within seconds of the switch's clock. Addresses
/// share 65,536 budgets by a keyed hash: what one cannot be sent more than, two of the same budget cannot be
/// sent together.
class ReplyLimiter {
  public:
    enum class Outcome : std::uint8_t { passes, source_exceeded, honeypot_exceeded };
    static constexpr std::size_t budgets = 65'536;
    static constexpr std::uint64_t memory_needed = budgets * 16;

    [[nodiscard]] static std::expected<ReplyLimiter, Error> create(unsigned workers) {
        std::uint64_t secret[1];
        if (!draw_secret(secret))
            return std::unexpected(Error{"draw", "the secret of a hash", "getrandom failed"});
        Budget* const memory = allocate_array<Budget>("reply budgets", budgets);
        if (memory == nullptr) return std::unexpected(Error{"allocate", "reply budgets", "out of memory"});
        return ReplyLimiter(memory, workers, secret[0] | 1);
    }

    /// Once a burst: the rates in force, and the time.
    void begin(const Modes& modes, std::uint32_t now_ms) {
        second_ = now_ms / 1000;
        rates_ = {.packets_per_source = share(modes.packets_per_source),
                  .bytes_per_source = share(modes.bytes_per_source),
                  .packets_per_honeypot = share(modes.packets_per_honeypot),
                  .bytes_per_honeypot = share(modes.bytes_per_honeypot)};
        limits_sources_ = rates_.packets_per_source != 0 || rates_.bytes_per_source != 0;
        limits_honeypots_ = rates_.packets_per_honeypot != 0 || rates_.bytes_per_honeypot != 0;
    }

    /// A packet of `bytes` from this honeypot wants to go to this address. What does not pass costs neither.
    [[nodiscard]] Outcome spend(Be32 address, HoneypotIndex honeypot, std::uint32_t bytes) {
        Budget& source = sources_.get()[static_cast<std::size_t>(address.bits * secret_ >> 48)];
        if (limits_sources_ && !has(source, bytes, rates_.packets_per_source, rates_.bytes_per_source))
            return Outcome::source_exceeded;
        if (limits_honeypots_) {
            Budget& own = honeypots_[honeypot];
            if (!has(own, bytes, rates_.packets_per_honeypot, rates_.bytes_per_honeypot))
                return Outcome::honeypot_exceeded;
            own.take(bytes);
        }
        if (limits_sources_) source.take(bytes);
        return Outcome::passes;
    }

  private:
    struct Budget {
        std::uint32_t second = 0, packets = 0, bytes = 0, unused = 0;

        void take(std::uint32_t more) {
            ++packets;
            bytes += more;
        }
    };
    static_assert(sizeof(Budget) == 16);
    struct Free {
        void operator()(Budget* memory) const { rte_free(memory); }
    };

    ReplyLimiter(Budget* memory, unsigned workers, std::uint64_t secret)
        : sources_(memory), workers_(workers), secret_(secret) {}

    [[nodiscard]] std::uint32_t share(const std::atomic<std::uint32_t>& rate) const {
        const std::uint32_t all = rate.load(std::memory_order_relaxed);
        return all == 0 ? 0 : std::max(1U, all / workers_);
    }
    /// Whether there is room for a packet in it, of this second.
    [[nodiscard]] bool has(Budget& budget, std::uint32_t bytes, std::uint32_t most_packets,
                           std::uint32_t most_bytes) const {
        if (budget.second != second_) budget = {.second = second_};
        if (most_packets != 0 && budget.packets >= most_packets) return false;
        return most_bytes == 0 || std::uint64_t{budget.bytes} + bytes <= most_bytes;
    }

    std::unique_ptr<Budget, Free> sources_;
    std::array<Budget, HoneypotTable::capacity + 1> honeypots_{};
    unsigned workers_;
    std::uint64_t secret_;
    std::uint32_t second_ = 0;
    ReplyRates rates_;
    bool limits_sources_ = false, limits_honeypots_ = false;
};

}  // namespace honeyswitch::dataplane
