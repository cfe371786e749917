// What one kind of question has found out about a honeypot.
#pragma once

#include <cstdint>

namespace honeyswitch::control {

enum class CheckState : std::uint8_t {
    unknown,  ///< neither answered nor given up: a honeypot is trusted until then
    good,
    failed,
};

/// Failed after `patience` intervals in a row without an answer, good again with the first answer.
class HealthCheck {
  public:
    static constexpr unsigned patience = 3;

    void answered() {
        state_ = CheckState::good;
        missed_ = 0;
    }
    void missed() {
        if (missed_ < patience) ++missed_;
        if (missed_ == patience) state_ = CheckState::failed;
    }
    [[nodiscard]] CheckState state() const { return state_; }

  private:
    CheckState state_ = CheckState::unknown;
    unsigned missed_ = 0;
};

}  // namespace honeyswitch::control
