// What waits in the ring of a NIC, oldest first: packets by their number. Packets that found the ring full
// have left gaps between the numbers.
#pragma once

#include <cstdint>
#include <deque>

namespace honeyswitch::bench {

class Arrivals {
  public:
    /// `count` packets, from number `first` on, have found room.
    void add(std::uint64_t first, std::uint64_t count) {
        if (count == 0) return;
        if (!rows_.empty() && rows_.back().first + rows_.back().count == first)
            rows_.back().count += count;
        else
            rows_.push_back({first, count});
    }

    /// The oldest packet's number; there is one.
    [[nodiscard]] std::uint64_t take() {
        Row& row = rows_.front();
        const std::uint64_t number = row.first++;
        if (--row.count == 0) rows_.pop_front();
        return number;
    }

    void clear() { rows_.clear(); }

  private:
    struct Row {
        std::uint64_t first = 0, count = 0;
    };

    std::deque<Row> rows_;  ///< one, unless the ring has overflowed
};

}  // namespace honeyswitch::bench
