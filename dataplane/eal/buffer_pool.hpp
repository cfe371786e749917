// The pool that every packet buffer comes from.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "base/error.hpp"

namespace honeyswitch::dataplane {

struct FreeBufferPool {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using BufferPool = std::unique_ptr<rte_mempool, FreeBufferPool>;

/// Of each buffer, behind its rte_mbuf: room for a note about its packet. A whole cache line, so that frames
/// begin at one.
inline constexpr std::uint16_t private_bytes_of_buffer = RTE_CACHE_LINE_SIZE;
static_assert(private_bytes_of_buffer % RTE_MBUF_PRIV_ALIGN == 0);

inline constexpr std::uint64_t bytes_per_buffer =
    RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(rte_mbuf) + private_bytes_of_buffer + RTE_CACHE_LINE_SIZE;

/// Main thread. `count` buffers of 2 KiB and head room.
[[nodiscard]] inline std::expected<BufferPool, Error> create_buffer_pool(std::uint32_t count) {
    constexpr unsigned cached_by_each_lcore = 256;
    rte_mempool* const pool =
        rte_pktmbuf_pool_create("buffers", count, cached_by_each_lcore, private_bytes_of_buffer,
                                RTE_MBUF_DEFAULT_BUF_SIZE, static_cast<int>(rte_socket_id()));
    if (pool == nullptr)
        return std::unexpected(
            Error{"allocate", std::to_string(count) + " packet buffers", rte_strerror(rte_errno)});
    return BufferPool(pool);
}

}  // namespace honeyswitch::dataplane
