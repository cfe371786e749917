// What room for long frames costs: buffers that hold any frame as a whole, against chains of short ones. As
// at a port: a burst of buffers is taken from the pool, the NIC writes frames, which wait in a queue of
// 2,048; those that came first are read, and given back.
#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "tests/bench/micro/world.hpp"

namespace honeyswitch::bench {

using namespace dataplane;

namespace {

constexpr std::uint32_t pool_size = 32'768, queue_size = 2048, seen_of_frame = 64;

/// Lives as long as the process, as its buffers wait in the queue between two benchmarks.
class Queue {
  public:
    explicit Queue(std::uint32_t mtu)
        : pool_(rte_pktmbuf_pool_create(("buffers" + std::to_string(mtu)).c_str(), pool_size, 256,
                                        private_bytes_of_buffer, head_and_room(mtu), 0)) {
        if (pool_ == nullptr) std::exit(1);
        for (rte_mbuf*& packet : packets_) packet = received(seen_of_frame);
    }

    /// A burst of frames of so many bytes comes, and one goes.
    void turn(std::uint32_t length) {
        for (unsigned i = 0; i < burst_size; ++i) {
            rte_mbuf*& place = packets_[next_ + i];
            std::uint32_t word = 0;
            std::memcpy(&word, rte_pktmbuf_mtod_offset(place, const char*, 30), sizeof word);
            benchmark::DoNotOptimize(word);
            rte_pktmbuf_free(place);
            place = received(length);
        }
        next_ = (next_ + burst_size) % queue_size;
    }

  private:
    [[nodiscard]] static std::uint16_t head_and_room(std::uint32_t mtu) {
        return static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM + room_of_buffer(longest_frame(mtu)));
    }
    [[nodiscard]] rte_mbuf* received(std::uint32_t length) {
        rte_mbuf* const first = piece(length);
        rte_mbuf* last = first;
        for (std::uint32_t done = first->data_len; done < length; done += last->data_len) {
            last = last->next = piece(length - done);
            ++first->nb_segs;
        }
        first->pkt_len = length;
        return first;
    }
    [[nodiscard]] rte_mbuf* piece(std::uint32_t length) {
        rte_mbuf* const packet = rte_pktmbuf_alloc(pool_);
        packet->data_len =
            static_cast<std::uint16_t>(std::min<std::uint32_t>(length, rte_pktmbuf_tailroom(packet)));
        std::memcpy(rte_pktmbuf_mtod(packet, char*), frame_.data(), packet->data_len);
        return packet;
    }

    rte_mempool* pool_;
    std::array<rte_mbuf*, queue_size> packets_{};
    std::array<char, 16'384> frame_{};
    unsigned next_ = 0;
};

/// Of buffers for this mtu, frames of this length.
void buffers(benchmark::State& state, std::uint32_t mtu, std::uint32_t length) {
    (void)World::get();
    static std::map<std::uint32_t, Queue*> queues;  // never taken down, as World
    Queue*& queue = queues[mtu];
    if (queue == nullptr) queue = new Queue(mtu);
    const PerPacket count(state);
    for (auto _ : state) queue->turn(length);
}

BENCHMARK_CAPTURE(buffers, short_frames_in_short_buffers, default_mtu, seen_of_frame);
BENCHMARK_CAPTURE(buffers, short_frames_in_long_buffers, 9000U, seen_of_frame);
BENCHMARK_CAPTURE(buffers, long_frames_in_segments, default_mtu, 9022U);
BENCHMARK_CAPTURE(buffers, long_frames_as_a_whole, 9000U, 9022U);

}  // namespace
}  // namespace honeyswitch::bench
