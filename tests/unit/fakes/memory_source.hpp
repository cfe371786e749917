// A file of state that is no file.
#pragma once

#include <algorithm>
#include <utility>

#include "control/state/state_reader.hpp"

namespace honeyswitch::control {

class MemorySource final : public ByteSource {
  public:
    explicit MemorySource(StateBytes bytes) : bytes_(std::move(bytes)) {}

    std::expected<std::size_t, std::string> read(std::span<std::uint8_t> room) override {
        const auto count = std::min(room.size(), bytes_.size() - place_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(place_), count, room.begin());
        place_ += count;
        return count;
    }
    void rewind() override { place_ = 0; }

  private:
    StateBytes bytes_;
    std::size_t place_ = 0;
};

}  // namespace honeyswitch::control
