// Where the buffers lie, as net_af_xdp takes it for granted.
#include "dataplane/eal/buffer_pool.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

/// The one memory that net_af_xdp tells the kernel of.
struct Umem {
    explicit Umem(const rte_mempool& pool)
        : begin(static_cast<const std::byte*>(STAILQ_FIRST(&pool.mem_list)->addr)),
          end(begin +
              std::size_t{pool.populated_size} * (pool.header_size + pool.elt_size + pool.trailer_size)) {}
    const std::byte *begin, *end;
};

TEST(BufferPool, EveryBufferThatIsGivenOutLiesInTheMemoryOfXdp) {
    constexpr std::uint32_t count = 4096;
    (void)buffers();  // EAL runs
    const auto pool = create_buffer_pool(count, longest_frame(default_mtu), "pages").value();
    const Umem umem(*pool);
    std::vector<rte_mbuf*> given;
    while (auto* const buffer = rte_pktmbuf_alloc(pool.get())) given.push_back(buffer);
    EXPECT_GT(given.size(), count - 64) << "a few alone are held back";
    for (const rte_mbuf* const buffer : given) {
        const auto* const first = reinterpret_cast<const std::byte*>(buffer) - pool->header_size;
        const auto* const last = static_cast<const std::byte*>(buffer->buf_addr) + buffer->buf_len;
        ASSERT_TRUE(first >= umem.begin && last <= umem.end);
        ASSERT_EQ(buffer->buf_len, RTE_PKTMBUF_HEADROOM + room_of_buffer(longest_frame(default_mtu)));
    }
    for (rte_mbuf* const buffer : given) rte_pktmbuf_free(buffer);
}

TEST(BufferPool, HasRoomForJumboFrames) {
    (void)buffers();
    const auto pool = create_buffer_pool(1024, longest_frame(most_mtu), "jumbo");
    ASSERT_TRUE(pool) << pool.error().message();
    rte_mbuf* const buffer = rte_pktmbuf_alloc(pool->get());
    ASSERT_NE(buffer, nullptr);
    EXPECT_GE(rte_pktmbuf_tailroom(buffer), longest_frame(most_mtu));
    rte_pktmbuf_free(buffer);
}

}  // namespace
}  // namespace honeyswitch::dataplane
