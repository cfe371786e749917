// The pool that every packet buffer comes from.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

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

/// Main thread. `count` buffers, each with room for a frame of `frame` bytes behind the head room, or for
/// more.
///
/// net_af_xdp tells the kernel of one memory for all of them, which begins at the first and is `count`
/// buffers long. A mempool leaves gaps, as no buffer crosses the end of a page, so that the last ones lie
/// behind that memory: the kernel would take none of them, and a port would be left with fewer each time it
/// got one. With huge pages these are a few, and nobody gets them. Without, half of each page would be a gap:
/// a buffer that is not longer takes a whole page.
[[nodiscard]] std::expected<BufferPool, Error> create_buffer_pool(
    std::uint32_t count, std::uint32_t frame = longest_frame(default_mtu), const char* name = "buffers");

/// Those that somebody has. Walks all of them: not while packets pass.
[[nodiscard]] unsigned buffers_in_use(rte_mempool& pool);

}  // namespace honeyswitch::dataplane
