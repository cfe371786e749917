// The pool that every packet buffer comes from.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/error.hpp"
#include "dataplane/eal/frame_lengths.hpp"

namespace honeyswitch::dataplane {

struct FreeBufferPool {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using BufferPool = std::unique_ptr<rte_mempool, FreeBufferPool>;

/// Of each buffer, behind its rte_mbuf: room for a note about its packet. A whole cache line, so that frames
/// begin at one.
inline constexpr std::uint16_t private_bytes_of_buffer = RTE_CACHE_LINE_SIZE;
static_assert(private_bytes_of_buffer % RTE_MBUF_PRIV_ALIGN == 0);

/// Of a buffer with room for a frame of so many bytes. The last is the mempool's own header.
[[nodiscard]] constexpr std::uint64_t bytes_per_buffer(std::uint32_t frame) {
    return RTE_PKTMBUF_HEADROOM + room_of_buffer(frame) + sizeof(rte_mbuf) + private_bytes_of_buffer +
           RTE_CACHE_LINE_SIZE;
}
// A mempool pads objects to an odd number of cache lines, so that they spread over the channels of memory.
// net_af_xdp would take the padding for room, and the kernel would write frames that are longer than a buffer
// says it is.
static_assert(bytes_per_buffer(0) % (2 * RTE_CACHE_LINE_SIZE) == RTE_CACHE_LINE_SIZE);
// AF_XDP's chunks are no longer than a page.
static_assert(bytes_per_buffer(xdp_most) <= 4096);

/// Main thread. `count` buffers, each with room for a frame of `frame` bytes behind the head room.
[[nodiscard]] inline std::expected<BufferPool, Error> create_buffer_pool(
    std::uint32_t count, std::uint32_t frame = longest_frame(default_mtu)) {
    constexpr unsigned cached_by_each_lcore = 256;
    const auto head_and_room = static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM + room_of_buffer(frame));
    rte_mempool* const pool =
        rte_pktmbuf_pool_create("buffers", count, cached_by_each_lcore, private_bytes_of_buffer,
                                head_and_room, static_cast<int>(rte_socket_id()));
    if (pool == nullptr)
        return std::unexpected(
            Error{"allocate", std::to_string(count) + " packet buffers", rte_strerror(rte_errno)});
    return BufferPool(pool);
}

}  // namespace honeyswitch::dataplane
