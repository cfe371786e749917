// The secret that an agent and the controller share, as it lies in a file.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace honeyswitch::control {

/// A file of 64 hexadecimal digits that its owner alone may read. The error is the reason alone.
[[nodiscard]] std::expected<std::array<std::uint8_t, 32>, std::string> load_key(
    const std::filesystem::path& path);

}  // namespace honeyswitch::control
