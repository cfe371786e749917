// What arrives: fills the mbufs that net_null hands out with the frames of the plan.
//
// A Source belongs to one receive queue and to the lcore that polls it.
#pragma once

#include <array>
#include <cstdint>

#include <rte_mbuf.h>

#include "tests/bench/load/arrivals.hpp"
#include "tests/bench/load/frames.hpp"
#include "tests/bench/load/shared_page.hpp"

namespace honeyswitch::bench {

class Source {
  public:
    /// `page` outlives the source. Queue `queue` of `queues` sends its share of each class's identities.
    Source(SharedPage& page, unsigned port, unsigned queue, unsigned queues);

    /// Turns up to `count` fresh mbufs into packets that have arrived, and frees the rest. Returns how many
    /// arrived; they are the first ones.
    [[nodiscard]] std::uint16_t receive(rte_mbuf** mbufs, std::uint16_t count);

  private:
    /// Where a class has got to.
    struct Cursor {
        Traffic traffic = Traffic::none;
        bool reversed = false;
        std::uint32_t first = 0, next = 0, count = 0;  ///< of this queue's share
        std::uint32_t first_rank = 0, ranks = 0;
        std::array<std::array<Template, 2>, size_count> templates{};  ///< by size, by TCP or UDP
    };

    void read_plan();
    void read_class(unsigned index);
    [[nodiscard]] std::uint64_t arrived();
    void miss(std::uint64_t packets, bool in_stall);
    /// How many packets come within so many cycles.
    [[nodiscard]] std::uint64_t packets_in(std::uint64_t cycles) const {
        return static_cast<std::uint64_t>(static_cast<double>(cycles) * per_cycle_);
    }
    /// The TSC when the oldest packet of the ring came, as far as a frame has room for it.
    [[nodiscard]] std::uint64_t next_stamp();
    /// The lcore has not polled for the time in which half of the ring fills. That is sixteen full bursts of
    /// honeyswitch, so the machine has stopped it (another process, or its host), or the program was busy
    /// with something else. What is missed while the backlog of a stall is carried off is not counted to it.
    [[nodiscard]] bool stalled(std::uint64_t since_last_poll) const;
    void write(rte_mbuf& mbuf);
    [[nodiscard]] static std::uint32_t advance(Cursor& cursor);

    SharedPage& page_;
    Counters& counters_;
    unsigned port_, queue_, queues_;
    std::uint32_t epoch_ = 0;
    std::uint32_t seed_ = 0;
    bool selected_ = false, fingerprints_ = false;
    unsigned slot_ = 0;
    std::uint64_t left_ = 0;     ///< packets until the plan's limit
    std::uint64_t handled_ = 0;  ///< received or missed
    std::uint64_t started_ = 0;  ///< TSC
    std::uint64_t polled_ = 0;   ///< TSC of the latest poll, where there is a rate
    double per_cycle_ = 0.0;     ///< packets per TSC cycle; 0: as many as are taken
    double interval_ = 0.0;      ///< TSC cycles between two packets
    std::uint64_t ring_ = 0;
    std::uint64_t seen_ = 0;  ///< packets that had come at the latest poll
    bool timed_ = false;
    Arrivals arrivals_;  ///< where times are measured
    std::array<std::uint8_t, slot_count> slot_class_{}, slot_size_{};
    std::array<std::uint64_t, class_count> taken_{};  ///< packets of each class in this burst
    std::array<Cursor, class_count> cursors_{};
};

}  // namespace honeyswitch::bench
