// How long each queue may be, so that all of them together can never hold every buffer: a port that finds no
// buffer would lose legitimate packets, while a full ring or queue costs only what belongs in it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "dataplane/eal/side.hpp"

namespace honeyswitch::dataplane {

struct QueueSizes {
    std::uint32_t ring = 0;         ///< packets of each Packet-In and Packet-Out ring; a power of two
    std::uint16_t descriptors = 0;  ///< of each receive and transmit queue; a power of two

    /// Buffers that full rings and queues hold together.
    [[nodiscard]] std::uint64_t held(std::uint32_t workers, std::uint32_t ports) const {
        return std::uint64_t{workers} * (2 * std::uint64_t{ring} + 2 * std::uint64_t{ports} * descriptors);
    }
};

/// An AF_XDP port has 2,048 buffers of each worker in its receive and fill rings, whatever it is asked for;
/// so the receive ring may as well be long enough for all of them, and its transmit ring is then as long.
/// They have buffers of their own, beside those that `queue_sizes` shares out.
inline constexpr std::uint16_t xdp_descriptors = 2048;
inline constexpr std::uint32_t xdp_buffers_a_queue = 2 * xdp_descriptors;

/// The rings take at most a half of the buffers, the ports' queues at most three eighths, and an eighth is
/// always free for bursts under way and lcores' caches. Precondition: buffers >= 2048 * workers, 3 ports or
/// more.
[[nodiscard]] inline QueueSizes queue_sizes(std::uint32_t buffers, std::uint32_t workers,
                                            std::uint32_t ports) {
    constexpr std::uint32_t longest_ring = 8192, most_descriptors = 2048;
    const std::uint32_t each = buffers / workers;
    return {.ring = std::min(longest_ring, std::bit_floor(each / 4)),
            .descriptors = static_cast<std::uint16_t>(
                std::min(most_descriptors, std::bit_floor(each * 3 / (16 * ports))))};
}

}  // namespace honeyswitch::dataplane
