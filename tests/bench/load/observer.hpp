// What leaves: counts the packets that the program under test transmits, by the class they were made as.
#pragma once

#include <array>
#include <cstdint>

#include <rte_mbuf.h>

#include "tests/bench/load/shared_page.hpp"

namespace honeyswitch::bench {

/// Belongs to one transmit queue and to whoever transmits on it.
class Sink {
  public:
    Sink(SharedPage& page, unsigned port, unsigned queue);

    void transmit(rte_mbuf* const* mbufs, std::uint16_t count);

  private:
    void count_some(rte_mbuf* const* mbufs, unsigned count);
    void add_fingerprints(rte_mbuf* const* mbufs, unsigned count);
    void add_times(rte_mbuf* const* mbufs, unsigned count);

    SharedPage& page_;
    Counters& counters_;
    std::array<std::uint64_t, bucket_count>& times_;
};

}  // namespace honeyswitch::bench
