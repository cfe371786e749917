// What an interface of the kernel must be like to be a port of the switch: enough of it for the longest
// frame, a worker behind each of its receive queues, and nobody between the wire and the switch who changes
// frames.
//
// The settings are made at the start and stay when the switch ends: they are the interface's, and whoever has
// given it to the switch expects it so after a restart too. What was changed is told, with what takes it
// back.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "dataplane/eal/frame_lengths.hpp"
#include "dataplane/eal/kernel_interface.hpp"

namespace honeyswitch::dataplane {

/// How the switch reaches an interface.
struct KernelNeeds {
    std::uint32_t mtu = 0;
    std::uint32_t least_mtu = mtu;  ///< where the interface has no `mtu`
    unsigned rx_queues = 0;         ///< that are served; 0: all, however many there are
    bool tags_in_frames = true;     ///< a tag that the NIC takes out of a frame would be lost
};

/// An AF_XDP socket serves one queue, and sees frames as the NIC hands them over.
[[nodiscard]] constexpr KernelNeeds needs_of_xdp(unsigned workers, std::uint32_t frame) {
    return {.mtu = kernel_mtu(frame), .rx_queues = workers, .tags_in_frames = true};
}
/// The sockets of AF_PACKET serve all queues together, and tell of tags beside the frame. A frame that one of
/// them takes and another may not send for its MTU would be lost without a counter.
[[nodiscard]] constexpr KernelNeeds needs_of_packet(std::uint32_t frame) {
    return {.mtu = kernel_mtu(packet_ring_longest(frame)),
            .least_mtu = kernel_mtu(frame),
            .rx_queues = 0,
            .tags_in_frames = false};
}

class KernelSettings {
  public:
    KernelSettings(KernelInterface interface, const KernelNeeds& needs)
        : interface_(std::move(interface)), needs_(needs) {}

    /// At start. Returns sentences about what was changed, and about what the port cannot do. Error: frames
    /// would be lost or changed; says what mends it.
    [[nodiscard]] std::expected<std::vector<std::string>, Error> make();
    /// Takes the settings that cannot be changed for good: those are not tried again and again. `make` ends
    /// with it.
    void remember();
    /// While it runs: makes what somebody has changed again, and returns sentences about it.
    [[nodiscard]] std::vector<std::string> keep();

  private:
    void make_mtu(std::vector<std::string>& told) const;
    [[nodiscard]] std::expected<void, Error> make_queues(std::vector<std::string>& told) const;
    [[nodiscard]] std::expected<void, Error> make_features(std::vector<std::string>& told) const;
    [[nodiscard]] std::vector<std::string> changed_features() const;

    KernelInterface interface_;
    KernelNeeds needs_;
    std::uint32_t mtu_ = 0;
    std::vector<std::string> fixed_;  ///< features that cannot be switched off
    std::string last_failure_;        ///< of keep(): told once
};

}  // namespace honeyswitch::dataplane
