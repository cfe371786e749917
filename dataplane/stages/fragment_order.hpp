// Which fragments are on their way through the control thread, so that those that follow stay behind them.
//
// A fragment that finds its companion entry would otherwise overtake one that was handed over a moment
// earlier, when there was none. One for each worker, asked about fragments alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace honeyswitch::dataplane {

class FragmentOrder {
  public:
    /// So many of the packets that were handed over, from the first one on, have left.
    void set_settled(std::uint64_t packets) { settled_ = packets; }
    /// A fragment is the packet `place` (0: the first) of those that will be handed over next. `hash`: of its
    /// addresses.
    void note(std::uint64_t hash, std::size_t place) { latest_[hash % slots] = handed_over_ + place + 1; }
    /// That many packets were handed over, in order.
    void handed_over(std::uint64_t packets) { handed_over_ += packets; }
    /// A fragment of these addresses (or, seldom, of others) was handed over and has not left yet.
    [[nodiscard]] bool waits(std::uint64_t hash) const { return latest_[hash % slots] > settled_; }

  private:
    static constexpr std::size_t slots = 256;
    std::uint64_t handed_over_ = 0, settled_ = 0;
    /// The number of the latest fragment, counted over all packets that were handed over.
    std::array<std::uint64_t, slots> latest_{};
};

}  // namespace honeyswitch::dataplane
