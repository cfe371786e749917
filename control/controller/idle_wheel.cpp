#include "control/controller/idle_wheel.hpp"

#include <algorithm>

namespace honeyswitch::control {

IdleWheel::IdleWheel(std::uint32_t capacity, Milliseconds timeout)
    : timeout_(timeout),
      width_(std::max<Milliseconds>(Milliseconds{1}, timeout / (slot_count / 2) + Milliseconds{1})),
      heads_(slot_count, none),
      next_(capacity, none) {}

void IdleWheel::insert(FlowId flow, TimePoint last_seen) {
    // The slot after the one in which it can expire, so that it has expired when the slot comes up.
    const auto ahead = (last_seen + timeout_ - current_) / width_ + 1;
    const auto bounded = std::clamp<std::int64_t>(ahead, 1, slot_count - 1);
    std::uint32_t& head = heads_[(current_slot_ + static_cast<std::size_t>(bounded)) % slot_count];
    next_[static_cast<std::uint32_t>(flow)] = head;
    head = static_cast<std::uint32_t>(flow);
}

bool IdleWheel::due(TimePoint now) {
    while (heads_[current_slot_] == none) {
        if (now < current_ + width_) return false;
        current_ += width_;
        current_slot_ = (current_slot_ + 1) % slot_count;
    }
    return true;
}

FlowId IdleWheel::pop() {
    const std::uint32_t flow = heads_[current_slot_];
    heads_[current_slot_] = next_[flow];
    return FlowId{flow};
}

}  // namespace honeyswitch::control
