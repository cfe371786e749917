// The hand-over between one worker and the control thread: one producer, one consumer, buffers change owner.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/error.hpp"

namespace honeyswitch::dataplane {

class MbufRing {
  public:
    /// `size` is rounded up to a power of two; the ring holds one less.
    [[nodiscard]] static std::expected<MbufRing, Error> create(const std::string& name, unsigned size) {
        rte_ring* const ring = rte_ring_create(name.c_str(), rte_align32pow2(size), SOCKET_ID_ANY,
                                               RING_F_SP_ENQ | RING_F_SC_DEQ);
        if (ring == nullptr) return std::unexpected(Error{"create", "ring " + name, rte_strerror(rte_errno)});
        return MbufRing(ring);
    }

    /// Producer. Returns how many were taken over; the others are still the caller's.
    [[nodiscard]] unsigned give(std::span<rte_mbuf*> packets) {
        return rte_ring_sp_enqueue_burst(ring_.get(), reinterpret_cast<void**>(packets.data()),
                                         static_cast<unsigned>(packets.size()), nullptr);
    }
    /// Producer: so many it takes over at least.
    [[nodiscard]] unsigned room() const { return rte_ring_free_count(ring_.get()); }
    /// Consumer. Returns how many are the caller's now.
    [[nodiscard]] unsigned take(std::span<rte_mbuf*> packets) {
        return rte_ring_sc_dequeue_burst(ring_.get(), reinterpret_cast<void**>(packets.data()),
                                         static_cast<unsigned>(packets.size()), nullptr);
    }
    [[nodiscard]] bool empty() const { return rte_ring_empty(ring_.get()) == 1; }
    [[nodiscard]] unsigned capacity() const { return rte_ring_get_capacity(ring_.get()); }

  private:
    struct Drain {
        /// Frees what nobody took.
        void operator()(rte_ring* ring) const {
            void* packet = nullptr;
            while (rte_ring_sc_dequeue(ring, &packet) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
            rte_ring_free(ring);
        }
    };
    explicit MbufRing(rte_ring* ring) : ring_(ring) {}
    std::unique_ptr<rte_ring, Drain> ring_;
};

}  // namespace honeyswitch::dataplane
