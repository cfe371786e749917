// When all workers decide by what was changed. Control thread.
#pragma once

#include <cstdint>

namespace honeyswitch::control {

class Barriers {
  public:
    /// Names a barrier request; greater means later.
    using Barrier = std::uint64_t;

    virtual ~Barriers() = default;

    [[nodiscard]] virtual Barrier barrier_request() = 0;
    /// True once every worker has passed the barrier: none decides by flows of before it any more, and the
    /// packets sent out before it have left.
    [[nodiscard]] virtual bool barrier_reached(Barrier barrier) const = 0;

  protected:
    Barriers() = default;
    Barriers(const Barriers&) = default;
    Barriers& operator=(const Barriers&) = default;
};

}  // namespace honeyswitch::control
