#include "dataplane/eal/buffer_pool.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint32_t small_page = 4096;

struct Layout {
    std::uint32_t room;           ///< of a buffer, with the head room
    std::uint32_t private_bytes;  ///< before it
    unsigned flags;               ///< of the mempool
};

/// A mempool's own header is a cache line before each object. What a page has too much is before the room, so
/// that frames of the same length pass with huge pages and without.
Layout layout_for(std::uint32_t frame) {
    static_assert(sizeof(rte_mempool_objhdr) <= RTE_CACHE_LINE_SIZE);
    const std::uint32_t room = RTE_PKTMBUF_HEADROOM + room_of_buffer(frame);
    if (rte_eal_has_hugepages() != 0 || bytes_per_buffer(frame) > small_page)
        return {room, private_bytes_of_buffer, 0};
    return {room, small_page - RTE_CACHE_LINE_SIZE - static_cast<std::uint32_t>(sizeof(rte_mbuf)) - room,
            RTE_MEMPOOL_F_NO_SPREAD};
}

/// Whether a buffer lies within what is told to the kernel.
bool lies_within(const rte_mempool& pool, const void* buffer) {
    const std::size_t length = pool.header_size + pool.elt_size + pool.trailer_size;
    const auto* const begin = static_cast<const std::byte*>(STAILQ_FIRST(&pool.mem_list)->addr);
    const auto* const first = static_cast<const std::byte*>(buffer) - pool.header_size;
    return first >= begin && first + length <= begin + length * pool.populated_size;
}

/// The others are in use for good.
void hold_back_the_last(rte_mempool& pool) {
    std::vector<void*> buffers(pool.populated_size);
    if (rte_mempool_get_bulk(&pool, buffers.data(), pool.populated_size) != 0) return;
    const auto last = std::partition(buffers.begin(), buffers.end(),
                                     [&](const void* buffer) { return lies_within(pool, buffer); });
    const auto within = static_cast<unsigned>(last - buffers.begin());
    // Memory in several pieces is none that AF_XDP could use at all.
    const bool few = pool.populated_size - within <= pool.populated_size / 16;
    rte_mempool_put_bulk(&pool, buffers.data(), few ? within : pool.populated_size);
}

}  // namespace

std::expected<BufferPool, Error> create_buffer_pool(std::uint32_t count, std::uint32_t frame,
                                                    const char* name) {
    constexpr unsigned cached_by_each_lcore = 256;
    const auto failed = [&](int code) {
        return std::unexpected(
            Error{"allocate", std::to_string(count) + " packet buffers", rte_strerror(code)});
    };
    const auto [room, private_bytes, flags] = layout_for(frame);
    BufferPool pool(rte_mempool_create_empty(
        name, count, static_cast<unsigned>(sizeof(rte_mbuf)) + private_bytes + room, cached_by_each_lcore,
        sizeof(rte_pktmbuf_pool_private), static_cast<int>(rte_socket_id()), flags));
    if (pool == nullptr) return failed(rte_errno);
    if (const int code = rte_mempool_set_ops_byname(pool.get(), rte_mbuf_best_mempool_ops(), nullptr);
        code != 0)
        return failed(-code);
    rte_pktmbuf_pool_private of_each{.mbuf_data_room_size = static_cast<std::uint16_t>(room),
                                     .mbuf_priv_size = static_cast<std::uint16_t>(private_bytes),
                                     .flags = 0};
    rte_pktmbuf_pool_init(pool.get(), &of_each);
    if (const int code = rte_mempool_populate_default(pool.get()); code < 0) return failed(-code);
    rte_mempool_obj_iter(pool.get(), rte_pktmbuf_init, nullptr);
    hold_back_the_last(*pool);
    return pool;
}

unsigned buffers_in_use(rte_mempool& pool) {
    unsigned held_back = 0;
    const auto count = [](rte_mempool* all, void* held, void* buffer, unsigned) {
        *static_cast<unsigned*>(held) += lies_within(*all, buffer) ? 0 : 1;
    };
    rte_mempool_obj_iter(&pool, count, &held_back);
    return rte_mempool_in_use_count(&pool) - held_back;
}

}  // namespace honeyswitch::dataplane
